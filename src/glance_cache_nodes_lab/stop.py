# SPDX-License-Identifier: Apache-2.0
"""Stop a lab, or some of its services; delete its data on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import directory as directories
from glance_cache_nodes_lab import process as processes
from glance_cache_nodes_lab import state

if TYPE_CHECKING:
    from collections.abc import Collection

    from glance_cache_nodes_lab.state import LabState, Service


def down(directory: Path, services: Collection[str] = (), *, delete: bool = False) -> list[str]:
    """Stop services of the lab in this directory; a service that does not run is no error.

    Args:
        directory: of the lab.
        services: names such as ``node2``; none for all.
        delete: whether to delete the directory then.

    Returns:
        The names of those that ran.

    Raises:
        UserError: no such lab or service, or ``delete`` together with ``services``.
    """
    directory = Path(directory).resolve()
    lab = state.load(directory)
    if delete and services:
        raise UserError("a lab is deleted whole; name no services with --delete")
    with directories.exclusive(directory):
        running = [each for each in _chosen(lab, services) if each.running]
        processes.stop(each.process for each in running if each.process)
        if delete:
            directories.delete(directory)
    return [each.name for each in running]


def _chosen(lab: LabState, names: Collection[str]) -> list[Service]:
    known = {service.name: service for service in lab.services}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"no service {unknown[0]} in this lab; it has {', '.join(known)}")
    return [known[name] for name in names or known]
