# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes lab``: a cloud of real services on loopback, to try things on."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import glance_cache_nodes_lab as lab
from glance_cache_nodes.cmd.output import show, tell
from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import checks, environments, report, sites

if TYPE_CHECKING:
    import argparse

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DIRECTORY = Path("build/lab")
ENVIRONMENTS = Path("build/environments")


def add_to(subparsers: Subparsers) -> None:
    """Add the parser of ``lab`` and of its verbs."""
    parser = subparsers.add_parser("lab", help="run real Keystone and Glance nodes on loopback")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_up(verbs)
    _add_down(verbs)
    _add_status(verbs)


def _add_verb(verbs: Subparsers, name: str, about: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about)
    parser.add_argument(
        "--dir",
        type=Path,
        default=DIRECTORY,
        help="the directory of the lab (default: %(default)s)",
    )
    return parser


def _add_up(verbs: Subparsers) -> None:
    parser = _add_verb(verbs, "up", "start a lab, or its stopped services")
    parser.add_argument(
        "--nodes",
        type=int,
        metavar="N",
        help="the number of Glance nodes (default: 3, or as it was)",
    )
    parser.add_argument(
        "--sites",
        metavar="NAME=N,...",
        help="the nodes of each site, such as edge1=2,central=1, instead of --nodes",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="mysql+pymysql://... or postgresql+psycopg2://... for Glance (default: SQLite)",
    )
    parser.add_argument(
        "--without-filter", action="store_true", help="use Glance's own paste file for new nodes"
    )
    parser.add_argument(
        "--fill", action="store_true", help="put the filter cache_fill into new nodes as well"
    )
    parser.add_argument(
        "--glance-python",
        metavar="PATH",
        help="the Python that runs Glance in a new lab (default: this one)",
    )
    _add_release(parser)
    parser.add_argument("--json", action="store_true", help="print the lab as JSON")
    parser.set_defaults(run=_up)


def _add_release(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--release",
        help=f"run Glance of this release of OpenStack: {', '.join(environments.known())}",
    )
    parser.add_argument(
        "--environments",
        type=Path,
        metavar="DIR",
        default=ENVIRONMENTS,
        help="the directory of the environments for --release (default: %(default)s)",
    )


def _add_down(verbs: Subparsers) -> None:
    parser = _add_verb(verbs, "down", "stop a lab, or some of its services; the data stays")
    parser.add_argument(
        "services", nargs="*", metavar="SERVICE", help="such as node2 (default: all)"
    )
    parser.add_argument("--delete", action="store_true", help="then delete its directory")
    parser.set_defaults(run=_down)


def _add_status(verbs: Subparsers) -> None:
    parser = _add_verb(verbs, "status", "show what runs; exit with 1 if a service does not")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_status)


def _up(arguments: argparse.Namespace) -> int:
    if arguments.fill and arguments.without_filter:
        raise UserError("--fill and --without-filter exclude each other; give one of them")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    state = lab.up(
        arguments.dir,
        arguments.nodes,
        in_sites=_sites(arguments),
        database=arguments.database,
        with_filter=not arguments.without_filter,
        with_fill=arguments.fill,
        glance_python=_glance_python(arguments),
        progress=tell,
    )
    where = "" if arguments.dir == DIRECTORY else f" --dir {shlex.quote(str(arguments.dir))}"
    show((report.as_json(state) if arguments.json else report.how_to_use(state, where)) + "\n")
    return 0


def _sites(arguments: argparse.Namespace) -> dict[str, int] | None:
    if arguments.sites is None:
        return None
    if arguments.nodes is not None:
        raise UserError("--nodes and --sites each say how many nodes there are; give one of them")
    return sites.parse(arguments.sites)


def _glance_python(arguments: argparse.Namespace) -> str | None:
    if arguments.release is None:
        return arguments.glance_python  # type: ignore[no-any-return]
    if arguments.glance_python is not None:
        raise UserError("--release and --glance-python each name a Glance; give one of them")
    checks.environment(sys.executable)
    return str(environments.python_for(arguments.release, arguments.environments, tell))


def _down(arguments: argparse.Namespace) -> int:
    stopped = lab.down(arguments.dir, arguments.services, delete=arguments.delete)
    show(f"stopped {', '.join(stopped)}\n" if stopped else "nothing was running\n")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    state = lab.load(arguments.dir)
    show((report.as_json(state) if arguments.json else report.table(state)) + "\n")
    return 0 if all(each.running for each in state.services) else 1


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
