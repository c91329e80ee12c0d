# SPDX-License-Identifier: Apache-2.0
"""The machine that the pages speak of: a central site and two edges, played by a lab.

On it are the clouds ``admin`` (what OS_CLOUD names), ``member``, ``central``, ``edge1`` and
``edge2``, and two images: ``cirros``, cached at both edges, and ``debian``, cached nowhere. Files
of the central node lie where operators know them; ``systemctl restart glance-api`` restarts it.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import openstack
import yaml
from bash_session import Session

import glance_cache_nodes_lab as labs
import waiting
from glance_cache_nodes_lab import sites
from glance_cache_nodes_lab.ports import HOST

SITES = ("central", "edge1", "edge2")
BIN = Path(sys.executable).parent
PASTE = "glance-api-paste.ini"
_SYSTEMCTL = """#!/bin/sh -e
[ "$*" = "restart glance-api" ] || { echo "systemctl here only restarts glance-api"; exit 1; }
glance-cache-nodes lab down node1 >/dev/null
glance-cache-nodes lab up >/dev/null 2>&1
"""


@dataclasses.dataclass
class Ground:
    """Where the examples of one page are followed.

    Args:
        directory: the home of the person who follows them; the lab is its ``build/lab``.
        lab: the lab.
        session: that person's shell.
        ids: the real ID by the ID in the page.
    """

    directory: Path
    lab: labs.LabState
    session: Session
    ids: dict[str, str] = dataclasses.field(default_factory=dict)

    def here(self, text: str) -> str:
        """Return a text of the page with what it names as this machine has it."""
        for name, real in self._names():
            text = text.replace(name, real)
        return text

    def there(self, text: str) -> str:
        """Return what this machine printed as the page would have it."""
        for name, real in self._names():
            text = text.replace(real, name)
        return text

    def _names(self) -> list[tuple[str, str]]:
        node = self.lab.nodes[0]
        hosts = [(f"{s}:9292", f"{HOST}:{n.port}") for s, n in zip(SITES, self.lab.nodes)]
        return [
            ("/var/log/glance/glance-api.log", str(node.log)),
            ("/var/lib/glance/image-cache", str(node.cache_dir)),
            ("/etc/glance/sites.yaml", str(self.lab.directory / sites.FILE)),
            ("/etc/glance", str(node.directory)),
            *hosts,
        ]


def lay_out(home: Path, lab: labs.LabState) -> None:
    """Put into the home what a person has there before the first page."""
    _clouds(home / "clouds.yaml", lab)
    (home / "bin").mkdir()
    (home / "bin/systemctl").write_text(_SYSTEMCTL)
    (home / "bin/systemctl").chmod(0o755)
    ways = [f"{site}:9292:127.0.0.1:{n.port}" for site, n in zip(SITES, lab.nodes)]
    (home / ".curlrc").write_text("".join(f'connect-to = "{way}"\n' for way in ways))


def environment(home: Path) -> dict[str, str]:
    """Return the environment of the shell."""
    return {
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "OS_CLIENT_CONFIG_FILE": str(home / "clouds.yaml"),
        "OS_CLOUD": "admin",
        "PATH": f"{home}/bin:{BIN}:{os.environ['PATH']}",
        # Both streams come in the order in which a terminal shows them.
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(home),
        "no_proxy": "*",
    }


def _clouds(path: Path, lab: labs.LabState) -> None:
    clouds = yaml.safe_load(lab.clouds_file.read_text())["clouds"]
    names = {"admin": "lab-admin", "member": "lab-member"}
    names |= {site: f"lab-node{number}" for number, site in enumerate(SITES, 1)}
    # Without its version, openstacksdk warns at each command that it cannot find it out.
    mine = {name: {**clouds[there], "image_api_version": "2"} for name, there in names.items()}
    path.write_text(yaml.safe_dump({"clouds": mine}))
    path.chmod(0o600)


def connection(home: Path, cloud: str) -> openstack.connection.Connection:
    """Return a connection as a cloud of the home's clouds.yaml."""
    files = [str(home / "clouds.yaml")]
    config = openstack.config.OpenStackConfig(config_files=files, load_envvars=False)
    return openstack.connection.Connection(config=config.get_one(cloud))


def fill(home: Path, lab: labs.LabState) -> None:
    """Make the two images, and cache the first at both edges."""
    with connection(home, "admin") as cloud:
        for name in ("debian", "cirros"):
            data = os.urandom(100_000)
            image = cloud.image.create_image(
                name, data=data, disk_format="raw", container_format="bare"
            )
    for site in SITES[1:]:
        with connection(home, site) as cloud:
            cloud.image.queue_image(image.id)
    files = [node.cache_dir / image.id for node in lab.nodes[1:]]
    assert waiting.until(lambda: all(file.exists() for file in files)), "the image was not cached"


def clear(home: Path) -> None:
    """Take away all images, and empty all caches."""
    for site in SITES:
        with connection(home, site) as cloud:
            cloud.image.clear_cache("both")
    with connection(home, "admin") as cloud:
        for image in cloud.image.images():
            cloud.image.delete_image(image.id)
