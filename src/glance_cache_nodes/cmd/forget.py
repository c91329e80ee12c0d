# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes forget URL``: take a node that is gone out of the record."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from glance_cache_nodes.cmd.output import in_words, show, tell
from glance_cache_nodes.cmd.reconcile import add_config_file
from glance_cache_nodes.exception import DatabaseUnavailableError, UserError

if TYPE_CHECKING:
    import argparse

    from glance_cache_nodes.reconcile.forget import Plan

ABOUT = "Remove a node from Glance's record, or move its rows to a new URL."
END = "Exit status: 0 done; 1 refused, because the node may still exist; 2 failed."


def add_to(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand ``forget``."""
    parser = subparsers.add_parser("forget", help=ABOUT, description=ABOUT, epilog=END)
    parser.add_argument("url", metavar="URL", help="the node reference URL of the node")
    add_config_file(parser)
    parser.add_argument(
        "--now-called",
        metavar="NEW",
        help="the node's new URL, which gets the rows of existing files; run it on that node",
    )
    parser.add_argument(
        "--force", action="store_true", help="do it although the node may still exist"
    )
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks for: what goes is shown first.

    Returns:
        0 done, 1 refused, 2 failed.
    """
    from glance_cache_nodes.reconcile import forget  # noqa: PLC0415 - they take a second
    from glance_cache_nodes.reconcile import settings as configuration  # noqa: PLC0415

    try:
        settings = configuration.load(arguments.config_file)
        plan = forget.plan(settings, arguments.url, arguments.now_called)
        does_it = plan.refused is None or arguments.force
        if not arguments.json:
            show(_text(plan), otherwise="nothing was changed")
        if does_it:
            forget.carry_out(settings, plan)
        if arguments.json:
            what = "the record was changed" if does_it else "nothing was changed"
            show(_json(plan, done=does_it), otherwise=what)
    except (UserError, DatabaseUnavailableError) as error:
        tell(f"glance-cache-nodes: {in_words(error)}")
        return 2
    if not does_it:
        tell(f"glance-cache-nodes: refused: {plan.refused}")
    elif not arguments.json:
        tell(f"the record does not know {plan.node} any more")
    return 0 if does_it else 1


def _json(plan: Plan, *, done: bool) -> str:
    refused = None if done else plan.refused
    outcome = {**dataclasses.asdict(plan), "refused": refused, "done": done}
    return json.dumps(outcome, indent=2) + "\n"


def _text(plan: Plan) -> str:
    lines = [f"remove the row of {image_id}" for image_id in plan.removed]
    lines += [f"hand on the row of {image_id} to {plan.now_called}" for image_id in plan.handed_on]
    return "\n".join([*lines, f"remove the node {plan.node}", ""])
