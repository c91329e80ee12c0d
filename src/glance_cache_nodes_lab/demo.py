# SPDX-License-Identifier: Apache-2.0
"""``make demo``: what the add-on does, with the real commands on a lab of two sites."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import openstack

import glance_cache_nodes_lab as lab
from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import show

SITES = {"central": 1, "edge1": 2}
IMAGE = "cirros"


def main() -> int:
    """Run the demo in a directory of its own, and delete it.

    Returns:
        0 when each command ended as expected, else 1 with one line on standard error.
    """
    show.title("A cloud on this machine: Keystone, and Glance nodes with a cache in two sites")
    with tempfile.TemporaryDirectory(prefix="glance-cache-nodes-") as directory:
        try:
            _run(lab.up(Path(directory, "lab"), in_sites=SITES))
        except UserError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            _end(Path(directory, "lab"))
    return 0


def _run(state: lab.LabState) -> None:
    _use(state.clouds_file)
    image_id = _upload(IMAGE)
    _place(state, image_id)
    _show_all(state)
    _stop_a_node(state)
    _evict(state, image_id)


def _place(state: lab.LabState, image_id: str) -> None:
    show.title(f"An admin caches the image {IMAGE} on every node of the site edge1")
    _nodes("queue", IMAGE, "--site", "edge1", "--wait")

    show.title("Which nodes hold it? One call, to any node, answers from Glance's database")
    _nodes("list", IMAGE)
    url = f"{state.nodes[0].url}/v2/cache/nodes/{image_id}"
    show.request(url, _token("lab-admin"), status=200)

    show.title("A member of the project may not ask, unless your policy file allows it")
    _nodes("list", IMAGE, cloud="lab-member", status=1)


def _show_all(state: lab.LabState) -> None:
    show.title(f"The nodes and sites of {state.directory}/sites.yaml, and what each node holds")
    _nodes("list", "--probe")
    _nodes("map")


def _stop_a_node(state: lab.LabState) -> None:
    node = state.nodes[-1]
    show.title(f"{node.name} of {node.site} is stopped; the database still names {node.url}")
    lab.down(state.directory, [node.name])
    _nodes("list", IMAGE, "-f", "value")

    show.title("Verify asks each node: this one does not answer")
    columns = ("Node Reference URL", "Site", "State", "Reason")
    chosen = [word for column in columns for word in ("-c", column)]
    _nodes("list", IMAGE, "--long", "--verify", *chosen)


def _evict(state: lab.LabState, image_id: str) -> None:
    show.title("It is started again, and the image is evicted everywhere")
    lab.up(state.directory, progress=lambda _: None)
    _nodes("delete", IMAGE, "--all")
    url = f"{state.nodes[0].url}/v2/cache/nodes/{image_id}"
    show.request(url, _token("lab-admin"), status=200)


def _nodes(*words: str, cloud: str = "lab-admin", status: int = 0) -> None:
    show.command(["openstack", "--os-cloud", cloud, "cache", "nodes", *words], status=status)


def _use(clouds_file: Path) -> None:
    """Make this process and its commands use the demo's cloud, whatever the environment names."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        del os.environ[name]
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds_file)
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"


def _upload(name: str) -> str:
    with openstack.connect(cloud="lab-admin") as cloud:
        image = cloud.image.create_image(
            name, data=os.urandom(1 << 20), disk_format="raw", container_format="bare"
        )
    print(f"uploaded the image {name}, ID {image.id}")
    return str(image.id)


def _token(cloud: str) -> str:
    with openstack.connect(cloud=cloud) as connection:
        return str(connection.auth_token)


def _end(directory: Path) -> None:
    show.title("The end: all services are stopped, and their directory is deleted")
    try:
        lab.down(directory)
    except UserError as error:  # there is no lab: it did not start
        print(error)


if __name__ == "__main__":
    sys.exit(main())
