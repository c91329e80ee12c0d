# SPDX-License-Identifier: Apache-2.0
"""The operator command ``glance-cache-nodes``: one file a subcommand, thin on top of the core."""

from __future__ import annotations

import argparse
import traceback
from typing import TYPE_CHECKING

from glance_cache_nodes import version
from glance_cache_nodes.cmd import check, forget, lab, paste, reconcile
from glance_cache_nodes.cmd.output import tell
from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBCOMMANDS = (paste, lab, reconcile, forget, check)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command, with every subcommand in it."""
    parser = argparse.ArgumentParser(
        prog="glance-cache-nodes", description="Know which Glance nodes hold which cached images."
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an unforeseen error"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for subcommand in SUBCOMMANDS:
        subcommand.add_to(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the words after the program's name; those of the process when None.

    Returns:
        The exit status: 0 well or done, 1 found, warned, or not in place, 2 refused, usage, or an
        error.
    """
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        tell(f"glance-cache-nodes: {error}")
    except KeyboardInterrupt:
        tell("glance-cache-nodes: interrupted")
        return 130
    except Exception as error:  # noqa: BLE001 - a command never ends with a traceback by itself
        if arguments.debug:
            tell(traceback.format_exc().rstrip())
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        tell(f"glance-cache-nodes: unforeseen: {reason}; --debug before the command shows where")
    return 2
