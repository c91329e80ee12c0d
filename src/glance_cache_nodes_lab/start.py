# SPDX-License-Identifier: Apache-2.0
"""Start a lab: make what is missing, start what does not run, wait until all answer."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import (
    checks,
    clouds,
    identity,
    launch,
    plan,
    ports,
    prepare,
    ready,
    sites,
)
from glance_cache_nodes_lab import directory as directories
from glance_cache_nodes_lab import process as processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glance_cache_nodes_lab.configuration import Options
    from glance_cache_nodes_lab.process import Process
    from glance_cache_nodes_lab.state import LabState, Service

    Progress = Callable[[str], None]


def up(  # noqa: PLR0913
    directory: Path,
    nodes: int | None = None,
    *,
    in_sites: Mapping[str, int] | None = None,
    database: str | None = None,
    node_options: Mapping[int, Options] | None = None,
    with_filter: bool = True,
    with_fill: bool = False,
    glance_python: str | None = None,
    progress: Progress = print,
) -> LabState:
    """Start the lab in this directory; return when all services answer.

    An existing lab is resumed: services that do not run are started with their port and data. If
    this fails, the services that it started are ended.

    Args:
        directory: of the lab; made if missing.
        nodes: how many Glance nodes; None for those that are there, or 3.
        in_sites: how many Glance nodes each site has, in place of their number; the lab gets a
            sites file, which each node's configuration names.
        database: the URL of Glance's database; None for SQLite in the directory.
        node_options: by number of the node, counted from 1, options of its glance-api.conf that
            differ from the usual ones. The file is written once, when the node is added.
        with_filter: whether nodes that are added have the filter in their paste file.
        with_fill: whether they also have the filter cache_fill in it.
        glance_python: the interpreter that runs a new lab's Glance; None for this one, or as it
            was. This package must be installed there too.
        progress: called with a line for each step.

    Raises:
        UserError: something is missing or wrong; the message names it and the log.
    """
    directory = Path(directory).resolve()
    say = _stopwatch(progress)
    checks.environment(glance_python or sys.executable)
    directories.claim(directory)
    with directories.exclusive(directory):
        lab = plan.make(directory, database, glance_python)
        if plan.add_nodes(lab, nodes, in_sites) and lab.has_sites:
            sites.write(lab)
        lab.save()
        started: list[Process] = []
        try:
            with prepare.nodes(lab, node_options or {}, _filters(with_filter, with_fill)):
                _start_keystone(lab, started, say)
            _start(lab, lab.nodes, started, say)
            _finish(lab, say)
        except BaseException:
            processes.stop(started)
            raise
    return lab


def _filters(with_filter: bool, with_fill: bool) -> str:  # noqa: FBT001
    if not with_filter:
        return "without-filter"
    return "with-fill" if with_fill else "with-filter"


def _start_keystone(lab: LabState, started: list[Process], say: Progress) -> None:
    if not lab.populated:
        say("setting up Keystone and Glance: configuration, databases, keys")
        prepare.keystone(lab)
    _start(lab, [lab.keystone], started, say)


def _start(
    lab: LabState, services: Iterable[Service], started: list[Process], say: Progress
) -> None:
    for service in services:
        if service.running:
            continue
        say(f"starting {service.name} on {service.url}")
        if not ports.is_free(service.port):
            raise UserError(f"port {service.port} of {service.name} is taken by another process")
        python = sys.executable if service is lab.keystone else lab.glance_python
        with processes.undisturbed():
            service.process = launch.service(python, service)
            started.append(service.process)
            lab.save()


def _finish(lab: LabState, say: Progress) -> None:
    ready.wait(lab.keystone)
    if not lab.populated:
        say("making users, projects and the image endpoint")
        identity.populate(lab)
        lab.populated = True
        lab.save()
    clouds.write(lab)
    say("waiting for the nodes to answer")
    for node in lab.nodes:
        ready.wait(node)
    say("ready")


def _stopwatch(progress: Progress) -> Progress:
    begin = time.monotonic()
    return lambda text: progress(f"{time.monotonic() - begin:5.1f} s  {text}")
