# SPDX-License-Identifier: Apache-2.0
"""The parts of a lab, and the file in its directory that records them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import private
from glance_cache_nodes_lab.ports import HOST
from glance_cache_nodes_lab.process import Process, is_running

FILE = "state.json"
LOGS = {"keystone": "keystone.log"}
REGION = "RegionOne"


@dataclass
class Service:
    """Keystone, or one Glance node.

    Args:
        name: ``keystone``, ``node1``, ``node2`` ...
        directory: of its configuration, data and log.
        port: its port, the same each time it is started.
        process: the one last started; it may have ended.
        site: the site of a node; None in a lab without sites.
    """

    name: str
    directory: Path
    port: int
    process: Process | None = None
    site: str | None = None

    @property
    def url(self) -> str:
        """Its URL; of a node, also its node reference."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """Its log file, with its standard output."""
        return self.directory / LOGS.get(self.name, "glance-api.log")

    @property
    def cache_dir(self) -> Path:
        """The cache directory of a node, unless its options name another."""
        return self.directory / "cache"

    @property
    def running(self) -> bool:
        """Whether its process runs now."""
        return is_running(self.process)


@dataclass
class LabState:
    """One lab.

    Args:
        directory: of the lab.
        keystone: the identity service.
        nodes: the Glance nodes, ``nodes[0]`` is node1 and the catalogue's image endpoint.
        database: the URL of Glance's database.
        glance_python: the interpreter that runs Glance.
        passwords: by user name.
        populated: whether Keystone has its users, so that the lab can be resumed.
    """

    directory: Path
    keystone: Service
    database: str
    glance_python: str
    passwords: dict[str, str] = field(repr=False)
    nodes: list[Service] = field(default_factory=list)
    populated: bool = False

    @property
    def keystone_url(self) -> str:
        """The ``auth_url`` for clients."""
        return f"{self.keystone.url}/v3"

    @property
    def clouds_file(self) -> Path:
        """The clouds.yaml with every user of the lab."""
        return self.directory / "clouds.yaml"

    @property
    def has_sites(self) -> bool:
        """Whether its nodes have sites."""
        return any(node.site for node in self.nodes)

    @property
    def services(self) -> list[Service]:
        """Keystone, then the nodes."""
        return [self.keystone, *self.nodes]

    def save(self) -> None:
        """Write the state file."""
        text = json.dumps(dataclasses.asdict(self), default=str, indent=1)
        private.write(self.directory / FILE, text + "\n")


def exists(directory: Path) -> bool:
    """Return whether the directory is a lab."""
    return (directory / FILE).is_file()


def load(directory: Path) -> LabState:
    """Read the lab in this directory.

    Raises:
        UserError: there is none, or its state file is not readable.
    """
    directory = directory.resolve()
    if not exists(directory):
        raise UserError(f"no lab in {directory}; `glance-cache-nodes lab up` makes one")
    try:
        saved = json.loads((directory / FILE).read_text(encoding="utf-8"))
        keystone, nodes = saved.pop("keystone"), saved.pop("nodes")
        saved["directory"] = directory
        return LabState(**saved, keystone=_service(keystone), nodes=[_service(n) for n in nodes])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{directory / FILE} is not readable as a lab's state: {error}") from error


def _service(saved: dict[str, object]) -> Service:
    process = saved.pop("process")
    service = Service(**saved)  # type: ignore[arg-type]
    service.directory = Path(service.directory)
    service.process = Process(**process) if isinstance(process, dict) else None
    return service
