# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes paste FILE``: put the filter into a glance-api-paste.ini, or take it out."""

from __future__ import annotations

import difflib
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from glance_cache_nodes import paste_config
from glance_cache_nodes.cmd import interrupts
from glance_cache_nodes.cmd.output import show, tell
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import file as paste_file
from glance_cache_nodes.paste_config.filters import CACHE_FILL, FILTERS, WITH_FILL

if TYPE_CHECKING:
    import argparse


class Outcome(TypedDict):
    """What was done, as ``--json`` prints it.

    Attributes:
        file: the file as it was named.
        changed: whether the text is another one than before.
        written: whether it was written to the file.
        backup: the copy of the old file; None when nothing was written.
        pipelines: the pipelines with a place for the filter, such as ``[composite:api] keystone``.
        skipped: the pipelines that get no filter: ``pipeline``, and the ``reason``.
        diff: old to new, as ``diff -u`` gives it; empty when nothing changes.
    """

    file: str
    changed: bool
    written: bool
    backup: str | None
    pipelines: list[str]
    skipped: list[dict[str, str]]
    diff: str


def add_to(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand ``paste``."""
    about = "Put the filter into every pipeline with a context of a glance-api-paste.ini."
    end = "Without --in-place, only show the change as a unified diff."
    parser = subparsers.add_parser("paste", help=about, description=about, epilog=end)
    parser.add_argument("file", metavar="FILE", type=Path, help="the glance-api-paste.ini")
    parser.add_argument(
        "--in-place", action="store_true", help="write the file, and keep the old one beside it"
    )
    parser.add_argument(
        "--fill",
        action="store_true",
        help="also put the filter cache_fill directly behind each cache",
    )
    parser.add_argument(
        "--remove",
        action="store_true",
        help="remove the filters; with --fill, only cache_fill",
    )
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks for: the change to stdout, a word about it to stderr.

    Returns:
        0 all pipelines, 3 some were skipped.

    Raises:
        UserError: the file cannot be read, edited or written; nothing was changed.
    """
    path: Path = arguments.file
    old = paste_file.load(path)
    try:
        outcome = _before(path, old, arguments)
        new = _edited(old, outcome, arguments)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    outcome["changed"] = new != old
    outcome["diff"] = unified_diff(str(path), old, new)
    if arguments.in_place and new != old:
        _replace(path, (old, new), outcome, as_json=arguments.json)
    else:
        _show(outcome, as_json=arguments.json)
        _tell(outcome, as_json=arguments.json)
    return 3 if outcome["skipped"] else 0


def unified_diff(name: str, old: str, new: str) -> str:
    r"""Return the change as ``diff -u`` prints it, so that ``patch`` takes it.

    Only ``\n`` ends a line, as for ``diff``; a last line without one is marked.
    """
    before, after = (list(io.StringIO(text, newline="\n")) for text in (old, new))
    lines = difflib.unified_diff(before, after, name, name)
    mark = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + mark for line in lines)


def _before(path: Path, old: str, arguments: argparse.Namespace) -> Outcome:
    filters = WITH_FILL if arguments.fill else FILTERS
    skipped = [] if arguments.remove else paste_config.skipped(old, filters)
    return Outcome(
        file=str(path),
        changed=False,
        written=False,
        backup=None,
        pipelines=paste_config.filtered(old),
        skipped=[asdict(each) for each in skipped],
        diff="",
    )


def _edited(old: str, outcome: Outcome, arguments: argparse.Namespace) -> str:
    if arguments.remove:
        return paste_config.remove(old, (CACHE_FILL,) if arguments.fill else WITH_FILL)
    try:
        return paste_config.insert(old, WITH_FILL if arguments.fill else FILTERS)
    except UserError:
        if not outcome["pipelines"]:  # why, pipeline by pipeline, stands in skipped
            _show(outcome, as_json=arguments.json)
            _tell_skipped(outcome, as_json=arguments.json)
        raise


def _replace(path: Path, texts: tuple[str, str], outcome: Outcome, *, as_json: bool) -> None:
    """Show the change, then make it, then tell of it; what ends this before leaves no file."""
    with interrupts.held() as gate:
        staged = paste_file.stage(path, *texts)
        outcome["written"], outcome["backup"] = True, str(staged.backup)
        try:
            with gate.let_in():
                _show(outcome, as_json=as_json)
            staged.commit()
        except BaseException:
            staged.discard()
            raise
        _tell(outcome, as_json=as_json)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    text = json.dumps(outcome, indent=2) + "\n" if as_json else outcome["diff"]
    show(text, otherwise="nothing was changed")


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    _tell_skipped(outcome, as_json=as_json)
    if not as_json:
        tell(f"{outcome['file']}: {_summary(outcome)}")


def _tell_skipped(outcome: Outcome, *, as_json: bool) -> None:
    for each in [] if as_json else outcome["skipped"]:
        tell(f"{outcome['file']}: skipped {each['pipeline']}: {each['reason']}")


def _summary(outcome: Outcome) -> str:
    if not outcome["changed"]:
        return "nothing to change"
    if not outcome["written"]:
        return "nothing written; --in-place writes it"
    return f"written; the old file is {outcome['backup']}; restart glance-api to use it"
