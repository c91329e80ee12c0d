# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes check``: check the configuration of a node."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from glance_cache_nodes.cmd.output import in_words, show, tell
from glance_cache_nodes.cmd.reconcile import add_config_file
from glance_cache_nodes.exception import DatabaseUnavailableError, UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from glance_cache_nodes.reconcile.check import Line

ABOUT = "Check the configuration of this node; each line has the remedy."
END = "Exit status: 0 success; 1 warnings; 2 errors. unknown does not count."


def add_to(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand ``check``."""
    parser = subparsers.add_parser("check", help=ABOUT, description=ABOUT, epilog=END)
    add_config_file(parser)
    parser.add_argument(
        "--os-cloud",
        metavar="CLOUD",
        help="ask the node's URL as this cloud of clouds.yaml (default: with the credentials of "
        "[keystone_authtoken])",
    )
    parser.add_argument("--json", action="store_true", help="print the lines as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check, and print a line for each check.

    Returns:
        0 all well, 1 warnings, 2 errors.
    """
    from glance_cache_nodes.reconcile import check  # noqa: PLC0415 - they take a second
    from glance_cache_nodes.reconcile import settings as configuration  # noqa: PLC0415

    try:
        settings = configuration.load(arguments.config_file)
        lines = check.run(settings, arguments.os_cloud)
        show(_json(settings.node, lines) if arguments.json else "".join(map(_text, lines)))
    except (UserError, DatabaseUnavailableError) as error:
        tell(f"glance-cache-nodes: {in_words(error)}")
        return 2
    return check.status(lines)


def _json(node: str | None, lines: Iterable[Line]) -> str:
    checks = [dataclasses.asdict(each) for each in lines]
    return json.dumps({"node": node, "checks": checks}, indent=2) + "\n"


def _text(line: Line) -> str:
    remedy = f" -> {line.remedy}" if line.remedy else ""
    return f"{line.result:7}  {line.check}: {line.detail}{remedy}\n"
