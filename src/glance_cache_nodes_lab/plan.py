# SPDX-License-Identifier: Apache-2.0
"""The lab that an ``up`` starts: a new one, or the one in the directory with more nodes."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import checks, ports, process, sites, state, users
from glance_cache_nodes_lab import directory as folder
from glance_cache_nodes_lab.state import LabState, Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

USUAL_NODES = 3


def make(directory: Path, database: str | None, glance_python: str | None) -> LabState:
    """Return the lab in the directory, or a new one without nodes.

    Raises:
        UserError: it is not readable, or has another database or Glance; or the database of the
            new one is of an unknown kind or refuses the login.
    """
    lab = state.load(directory) if state.exists(directory) else None
    if lab and lab.populated:
        return _as_it_was(lab, database, glance_python)
    if database is not None:
        checks.database(database)
    if lab:
        # Its first `up` failed, so nobody has used it: start again.
        process.stop(each.process for each in lab.services if each.process)
        folder.clear(directory)
    return _new(directory, database, glance_python or sys.executable)


def _as_it_was(lab: LabState, database: str | None, glance_python: str | None) -> LabState:
    if database not in {None, lab.database}:
        raise UserError(f"the lab in {lab.directory} has another database; name another --dir")
    if glance_python not in {None, lab.glance_python}:
        raise UserError(f"the lab in {lab.directory} runs another Glance; name another --dir")
    checks.interpreter(lab.glance_python)
    return lab


def _new(directory: Path, database: str | None, glance_python: str) -> LabState:
    return LabState(
        directory=directory,
        keystone=Service("keystone", directory / "keystone", ports.pick(1)[0]),
        database=database or f"sqlite:///{directory}/glance.sqlite",
        glance_python=glance_python,
        passwords={user.name: secrets.token_hex(16) for user in users.ALL},
    )


def add_nodes(lab: LabState, wanted: int | None, in_sites: Mapping[str, int] | None) -> bool:
    """Add the missing nodes to the lab; return whether any were missing.

    Args:
        lab: the lab.
        wanted: the number of nodes; None for the number that it has, or the usual one.
        in_sites: the number of nodes of each site; None for a lab without sites, or as it was.

    Raises:
        UserError: it has more nodes, or the number is less than 1.
    """
    places = _places(lab, wanted, in_sites)
    names = [f"node{len(lab.nodes) + number}" for number in range(1, len(places) + 1)]
    taken = {service.port for service in lab.services}
    free = [port for port in ports.pick(len(names) + len(taken)) if port not in taken]
    lab.nodes += [
        Service(name, lab.directory / name, port, site=site)
        for name, port, site in zip(names, free, places)
    ]
    return bool(places)


def _places(
    lab: LabState, wanted: int | None, in_sites: Mapping[str, int] | None
) -> Sequence[str | None]:
    """Return the site of each missing node."""
    if in_sites is not None:
        return sites.of_new_nodes(lab, in_sites)
    total = wanted if wanted is not None else len(lab.nodes) or USUAL_NODES
    if total < 1:
        raise UserError(f"a lab has 1 node or more, not {total}")
    if total < len(lab.nodes):
        raise UserError(
            f"the lab in {lab.directory} has {len(lab.nodes)} nodes and cannot shrink to {total}; "
            f"`glance-cache-nodes lab down --delete` removes it whole"
        )
    if lab.has_sites and total > len(lab.nodes):
        raise UserError(f"the lab in {lab.directory} has sites; add nodes to them with --sites")
    return [None] * (total - len(lab.nodes))
