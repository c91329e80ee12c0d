# SPDX-License-Identifier: Apache-2.0
"""What the commands print about a lab: how to use it, and which services run."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes_lab import users

if TYPE_CHECKING:
    from glance_cache_nodes_lab.state import LabState, Service


def how_to_use(state: LabState, where: str) -> str:
    """Return the commands that use the lab and end it.

    Args:
        state: a lab that is up.
        where: the option that names its directory, after a space; empty for the default.
    """
    nodes = [f"  {node.name}  {node.url}  {node.site or ''}".rstrip() for node in state.nodes]
    return "\n".join(
        [
            "",
            "Users:",
            *_users(),
            *_path_to_the_commands(),
            f"  export OS_CLIENT_CONFIG_FILE={shlex.quote(str(state.clouds_file))}",
            *_around_the_proxy(),
            "  openstack --os-cloud lab-admin image list",
            "One node directly, as admin: --os-cloud lab-node1 and so on",
            *nodes,
            "Show what runs, and end it:",
            f"  glance-cache-nodes lab status{where}",
            f"  glance-cache-nodes lab down{where}",
        ]
    )


def as_json(state: LabState) -> str:
    """Return the same for a program, with the state of each service."""
    services = [_row(each) for each in state.services]
    told = {
        "directory": str(state.directory),
        "keystone_url": state.keystone_url,
        "clouds_file": str(state.clouds_file),
        "glance_python": state.glance_python,
        "services": services,
    }
    return json.dumps(told, indent=2)


def table(state: LabState) -> str:
    """Return a line of headings, and one for each service."""
    rows = [_row(each) for each in state.services]
    if not state.has_sites:
        rows = [{name: cell for name, cell in row.items() if name != "site"} for row in rows]
    lines = [list(rows[0]), *([str(cell or "-") for cell in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    padded = ("  ".join(cell.ljust(w) for cell, w in zip(line, widths)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def _users() -> list[str]:
    width = max(len(user.cloud) for user in users.ALL)
    return [f"  {user.cloud:{width}}  {user.role} in project {user.project}" for user in users.ALL]


def _path_to_the_commands() -> list[str]:
    if shutil.which("glance-cache-nodes"):
        return []
    return [f"  export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"]


def _around_the_proxy() -> list[str]:
    proxied = any(os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "all_proxy"))
    return ["  export no_proxy=127.0.0.1"] if proxied else []


def _row(service: Service) -> dict[str, object]:
    running = service.running
    return {
        "name": service.name,
        "site": service.site,
        "state": "running" if running else "stopped",
        "pid": service.process.pid if running and service.process else None,
        "url": service.url,
        "log": str(service.log),
    }
