# SPDX-License-Identifier: Apache-2.0
"""The operator command ``glance-cache-nodes``: one file a subcommand, thin on top of the core."""

from __future__ import annotations

import argparse
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
        The exit status: 0 done, 1 refused or failed, 2 a command line that is not understood,
        3 done in part.
    """
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        tell(f"glance-cache-nodes: {error}")
        return 1
    except KeyboardInterrupt:
        tell("glance-cache-nodes: interrupted")
        return 130
