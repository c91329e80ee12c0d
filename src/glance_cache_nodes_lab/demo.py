# SPDX-License-Identifier: Apache-2.0
"""``make demo``: what the product does, with the real commands on a lab of three nodes."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import openstack

import glance_cache_nodes_lab as lab
from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import show

CACHED, NOWHERE = "cirros", "debian"


def main() -> int:
    """Run the demo in a directory of its own, and leave nothing behind.

    Returns:
        0 when all went as it says, else 1 with one line on standard error.
    """
    show.title("A cloud on this machine: Keystone and three Glance nodes, each with a cache")
    with tempfile.TemporaryDirectory(prefix="glance-cache-nodes-") as directory:
        try:
            _tell(lab.up(Path(directory, "lab"), nodes=3))
        except UserError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            _end(Path(directory, "lab"))
    return 0


def _tell(state: lab.LabState) -> None:
    _turn_to(state.clouds_file)
    ids = {name: _upload(name) for name in (CACHED, NOWHERE)}

    show.title(f"An admin caches the image {CACHED} on node2 and node3 with Glance's own API")
    for node in state.nodes[1:]:
        _glance(node, "cache-queue", ids[CACHED])
    _wait_for_files([node.cache_dir / ids[CACHED] for node in state.nodes[1:]])

    show.title("Which nodes hold it? One call, to any node")
    _ask_in_every_way(state, CACHED, ids[CACHED])

    show.title(f"The image {NOWHERE} is cached nowhere")
    _ask_in_every_way(state, NOWHERE, ids[NOWHERE])

    show.title("A member of the project may not ask, unless your policy file lets members in")
    words = ["openstack", "--os-cloud", "lab-member", "cache", "nodes", "list", CACHED]
    show.command(words, status=1)
    show.request(_url(state, ids[CACHED]), _token("lab-member"), status=403)


def _ask_in_every_way(state: lab.LabState, name: str, image_id: str) -> None:
    show.command(["openstack", "--os-cloud", "lab-admin", "cache", "nodes", "list", name])
    _glance(state.nodes[0], "cache-nodes-list", image_id)
    show.request(_url(state, image_id), _token("lab-admin"), status=200)


def _glance(node: lab.Service, subcommand: str, image_id: str) -> None:
    words = ["glance", "--os-image-url", node.url, "--os-auth-token", "$TOKEN"]
    show.command([*words, subcommand, image_id], secrets={"TOKEN": _token("lab-admin")})


def _turn_to(clouds_file: Path) -> None:
    """Make this process and its commands see the demo's cloud, and no other that is set up here."""
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


def _wait_for_files(missing: list[Path]) -> None:
    """Wait for the cached files: Glance answers first and caches then."""
    deadline = time.monotonic() + show.BOUND
    while missing := [path for path in missing if not path.exists()]:
        if time.monotonic() > deadline:
            raise UserError(f"{missing[0]} was not cached within {show.BOUND} s")
        time.sleep(0.1)


def _url(state: lab.LabState, image_id: str) -> str:
    return f"{state.nodes[0].url}/v2/cache/nodes/{image_id}"


def _token(cloud: str) -> str:
    with openstack.connect(cloud=cloud) as connection:
        return str(connection.auth_token)


def _end(directory: Path) -> None:
    show.title("The end: all services are stopped, and nothing of them is left")
    try:
        lab.down(directory)
    except UserError as error:  # it never came to be
        print(error)


if __name__ == "__main__":
    sys.exit(main())
