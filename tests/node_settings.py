# SPDX-License-Identifier: Apache-2.0
"""How real Glance nodes are set up: configuration, paste file, policy, sites file and tables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import glance_site
from glance_cache_nodes import paste_config
from glance_cache_nodes.paste_config.filters import FILTERS, WITH_FILL

if TYPE_CHECKING:
    from glance_nodes import Node, Nodes

# The Python of an environment with another release of Glance.
PYTHON = Path(os.environ.get("FILL_PYTHON", sys.executable))
FACTORIES = {
    "cache_nodes": "glance_cache_nodes.api.filter:filter_factory",
    "cache_fill": "glance_cache_nodes.fill.filter:filter_factory",
}
SQLITE = "glance.sqlite"
DB_SYNC = "import sys; from glance.cmd.manage import main; sys.exit(main())"


@dataclass(frozen=True)
class Setting:
    """How the nodes are set up and served.

    Attributes:
        fill: the numbers of the sites that have cache_fill, or whether all have.
        is_native: whether the nodes are plain Glance, with no filter of ours.
        rate: bytes a second of the link to the store; 0 for none in between.
        processes: of a server that has several; 0 for the server's usual number.
        threads: in each process of a server that has threads.
        stall_timeout: the option ``fill_stall_timeout``, short so that no test takes long.
        options: further lines under ``[cache_nodes]``, after which a section may follow. ``{root}``
            stands for the directory of the nodes.
        files: further files below the directory of the nodes, and what they contain.
        database: the URL; empty for SQLite.
        tables: a file of SQLite with Glance's tables, made by whoever needs it first: to make them
            takes seconds. None for tables of their own.
        server: one of :data:`node_servers.COMMANDS`.
        strangers: URLs that the sites file names as of the first site.
        policy: what ``policy.yaml`` contains.
        python: of the environment of the nodes' Glance.
    """

    fill: bool | Sequence[int] = True
    is_native: bool = False
    rate: float = 0.0
    processes: int = 0
    threads: int = 16
    stall_timeout: float = 1.0
    options: str = ""
    files: dict[str, str] = field(default_factory=dict)
    database: str = ""
    tables: Path | None = None
    server: str = "cheroot"
    strangers: Sequence[str] = ()
    policy: str = "{}"
    python: Path = PYTHON


def write(nodes: Nodes) -> None:
    """Write what all the nodes read, and make the tables."""
    root, setting = nodes.root, nodes.setting
    for name in ("store", "tasks"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, text in setting.files.items():
        (root / name).write_text(text)
    (root / "sites.yaml").write_text(_sites(nodes))
    numbers = range(len(nodes.sites)) if setting.fill is True else setting.fill or ()
    for number, site in enumerate(nodes.sites):
        for node in site:
            _write_node(nodes, node, with_fill=number in numbers)
    _make_tables(nodes)


def _make_tables(nodes: Nodes) -> None:
    root, setting = nodes.root, nodes.setting
    if setting.tables and setting.tables.exists():
        shutil.copyfile(setting.tables, root / SQLITE)
        return
    arguments = ["--config-file", str(nodes.all[0].directory / "glance-api.conf"), "db", "sync"]
    subprocess.run(
        [str(setting.python), "-c", DB_SYNC, *arguments], check=True, capture_output=True
    )
    if setting.tables:
        shutil.copyfile(root / SQLITE, setting.tables)


def _sites(nodes: Nodes) -> str:
    lines = []
    for number, site in enumerate(nodes.sites):
        urls = [node.url for node in site] + ([] if number else list(nodes.setting.strangers))
        near = [f"site{other}" for other in range(len(nodes.sites)) if other != number]
        lines.append(f"site{number}: {{nodes: {json.dumps(urls)}, near: {json.dumps(near)}}}\n")
    return "".join(lines)


def _write_node(nodes: Nodes, node: Node, *, with_fill: bool) -> None:
    for name in ("cache", "staging", "locks"):
        (node.directory / name).mkdir(parents=True, exist_ok=True)
    (node.directory / "glance-api.conf").write_text(_configuration(nodes, node))
    (node.directory / "glance-api-paste.ini").write_text(_paste(nodes.setting, with_fill))
    (node.directory / "policy.yaml").write_text(f"{nodes.setting.policy}\n")


def _configuration(nodes: Nodes, node: Node) -> str:
    root, setting = nodes.root, nodes.setting
    text = glance_site.GLANCE_CONF.format(root=node.directory, database=nodes.database)
    text = text.replace(f"{node.directory}/store", str(root / "store"))
    text = text.replace(f"{node.directory}/tasks", str(root / "tasks"))
    text = text.replace("http://node1:9292", node.url)
    options = setting.options.replace("{root}", str(root))
    own = f"sites_file = {root}/sites.yaml\nfill_stall_timeout = {setting.stall_timeout}\n"
    text += f"[cache_nodes]\n{own}{options}\n"
    where = f"bind_host = 127.0.0.1\nbind_port = {node.port}\n"
    return f"{text}[DEFAULT]\n{where}workers = {setting.processes or 2}\n"


def _paste(setting: Setting, with_fill: bool) -> str:
    paste = (setting.python.parents[1] / "etc/glance/glance-api-paste.ini").read_text()
    if setting.is_native:
        return paste
    paste = paste_config.insert(paste, WITH_FILL if with_fill else FILTERS)
    # An environment may have been made before the filter had its name.
    for name, factory in FACTORIES.items():
        egg = f"use = egg:glance-cache-nodes#{name}\n"
        paste = paste.replace(egg, f"paste.filter_factory = {factory}\n")
    return paste
