# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes reconcile``: compare this node's disk with its record."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from glance_cache_nodes.cmd.output import in_words, show, tell
from glance_cache_nodes.exception import DatabaseUnavailableError, UserError
from glance_cache_nodes.reconcile import safety_checks

if TYPE_CHECKING:
    from glance_cache_nodes.reconcile.run import Report

ABOUT = "Compare this node's cache directory with its record, and list the differences."
END = "Exit status: 0 nothing found; 1 found (with --fix: corrected); 2 refused or failed."


def add_to(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand ``reconcile``."""
    parser = subparsers.add_parser("reconcile", help=ABOUT, description=ABOUT, epilog=END)
    add_config_file(parser)
    parser.add_argument("--fix", action="store_true", help="correct what is found")
    parser.add_argument(
        "--verify-checksums",
        action="store_true",
        help="compare files on record by hash, too; reads all of them",
    )
    parser.add_argument(
        "--max-removals",
        type=_count,
        default=safety_checks.MAX_REMOVALS,
        metavar="N",
        help="refuse to remove more than N and more than half (default: %(default)s)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="correct even if a mistake is likely, such as an unmounted disk",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def add_config_file(parser: argparse.ArgumentParser) -> None:
    """Add ``--config-file``, which may be repeated."""
    parser.add_argument(
        "--config-file",
        action="append",
        default=[],
        metavar="FILE",
        help="Glance's configuration, may be repeated (default: glance-api.conf and "
        "glance-cache.conf, where Glance's cache tools look for them)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks for.

    Returns:
        0 nothing found, 1 found, 2 refused or failed.
    """
    try:
        report = _report(arguments)
    except (UserError, DatabaseUnavailableError) as error:
        tell(f"glance-cache-nodes: {in_words(error)}")
        return 2
    text = json.dumps(report.as_json(), indent=2) if arguments.json else _text(report)
    try:
        show(text + "\n")
    except UserError as error:
        tell(f"glance-cache-nodes: {error}")
        return 2
    for path, reason in report.unreadable.items():
        tell(f"cannot read {path}: {reason}")
    if report.refused:
        end = "" if arguments.fix else " (--fix will be refused)"
        tell(f"glance-cache-nodes: refused: {report.refused} --force overrides{end}")
    return _status(report, fix=arguments.fix)


def _report(arguments: argparse.Namespace) -> Report:
    from glance_cache_nodes.reconcile import settings as configuration  # noqa: PLC0415
    from glance_cache_nodes.reconcile.run import Run, RunOptions  # noqa: PLC0415

    node = configuration.load(arguments.config_file).local_node()
    options = RunOptions(
        fix=arguments.fix,
        verify=arguments.verify_checksums,
        force=arguments.force,
        max_removals=arguments.max_removals,
    )
    return Run(node, options, tell).do()


def _status(report: Report, *, fix: bool) -> int:
    if not report.findings:
        return 0 if report.complete else 2
    if fix and (report.refused or not all(each.fixed for each in report.findings)):
        return 2
    return 1


def _text(report: Report) -> str:
    lines = []
    for each in report.findings:
        file = each.case.partial or each.case.file
        mark = " (corrected)" if each.fixed else ""
        where = f" {file.path}" if file else ""
        lines.append(f"{each.kind.name} {each.case.image_id}{where}: {each.detail}{mark}")
    fixed = sum(each.fixed for each in report.findings)
    counts = f"{report.checked} compared, {len(report.findings)} found, {fixed} corrected"
    return "\n".join([*lines, f"{report.node}: {counts}"])


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of removals; give 0 or more")
    return number
