# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes paste FILE``: put the filter into a glance-api-paste.ini, or take it out."""

from __future__ import annotations

import difflib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from glance_cache_nodes import paste_config
from glance_cache_nodes.cmd import interrupts
from glance_cache_nodes.cmd.output import show, tell
from glance_cache_nodes.exception import ByHandError, UserError
from glance_cache_nodes.paste_config import file as paste_file
from glance_cache_nodes.paste_config.filters import CACHE_FILL, FILTERS, WITH_FILL

if TYPE_CHECKING:
    import argparse

UNSEEN = "{} behind the cache never sees the add-on's requests; put it between context and cache"


class Outcome(TypedDict):
    """What was done, as ``--json`` prints it.

    Attributes:
        file: the file as it was named.
        changed: whether the text is another one than before.
        written: whether it was written to the file.
        backup: the copy of the old file; None when nothing was written.
        pipelines: those with the filters in their places, such as ``[composite:api] keystone``.
        skipped: those without: ``pipeline``, and the ``reason``.
        warnings: what else is not well there: ``pipeline``, and the ``reason``.
        by_hand: when the change is refused, the lines to change by hand.
        diff: old to new, as ``diff -u`` gives it; empty when nothing changes.
    """

    file: str
    changed: bool
    written: bool
    backup: str | None
    pipelines: list[str]
    skipped: list[dict[str, str]]
    warnings: list[dict[str, str]]
    by_hand: list[str]
    diff: str


def add_to(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand ``paste``."""
    about = "Put the filter into every pipeline with a context of a glance-api-paste.ini."
    end = (
        "Without --in-place, only show the change as a unified diff. Exit status: 0 done, or in "
        "place already; 1 not in every pipeline; 2 refused or failed, and nothing was changed."
    )
    parser = subparsers.add_parser("paste", help=about, description=about, epilog=end)
    parser.add_argument("file", metavar="FILE", type=Path, help="the glance-api-paste.ini")
    writing = parser.add_mutually_exclusive_group()
    writing.add_argument(
        "--in-place", action="store_true", help="write the file, and keep the old one beside it"
    )
    writing.add_argument(
        "--check", action="store_true", help="only tell whether the filter is in its place"
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
        0 done, 1 a pipeline has not the filters in their places.

    Raises:
        UserError: the file cannot be read, edited or written; nothing was changed.
    """
    path: Path = arguments.file
    if arguments.check and arguments.remove:
        raise UserError("--check and --remove cannot be combined")
    old = paste_file.load(path)
    try:
        new = old if arguments.check else _edited(old, arguments)
        outcome = _outcome((old, new), arguments)
    except ByHandError as error:
        _show_by_hand(_outcome((old, old), arguments), error.lines, as_json=arguments.json)
        raise UserError(f"{path}: {error}; nothing was changed") from error
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    if arguments.in_place and new != old:
        _replace(path, (old, new), outcome, as_json=arguments.json)
    else:
        _show(outcome, as_json=arguments.json)
        _tell(outcome, _summary(outcome, is_check=arguments.check), as_json=arguments.json)
    return 1 if outcome["skipped"] else 0


def unified_diff(name: str, old: str, new: str) -> str:
    r"""Return the change as ``diff -u`` prints it, so that ``patch`` takes it.

    Only ``\n`` ends a line, as for ``diff``; a last line without one is marked.
    """
    before, after = (list(io.StringIO(text, newline="\n")) for text in (old, new))
    lines = difflib.unified_diff(before, after, name, name)
    mark = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + mark for line in lines)


def _edited(old: str, arguments: argparse.Namespace) -> str:
    if arguments.remove:
        return paste_config.remove(old, (CACHE_FILL,) if arguments.fill else WITH_FILL)
    return paste_config.insert(old, WITH_FILL if arguments.fill else FILTERS)


def _outcome(texts: tuple[str, str], arguments: argparse.Namespace) -> Outcome:
    old, new = texts
    filters = WITH_FILL if arguments.fill else FILTERS
    found = [] if arguments.remove else paste_config.pipelines(new, filters)
    return Outcome(
        file=str(arguments.file),
        changed=new != old,
        written=False,
        backup=None,
        pipelines=[each.label for each in found if not each.fault],
        skipped=[{"pipeline": each.label, "reason": each.fault} for each in found if each.fault],
        warnings=[
            {"pipeline": each.label, "reason": UNSEEN.format(", ".join(each.unseen))}
            for each in found
            if each.unseen
        ],
        by_hand=[],
        diff=unified_diff(str(arguments.file), old, new),
    )


def _show_by_hand(outcome: Outcome, lines: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        outcome["by_hand"] = [*lines]
        _show(outcome, as_json=True)
    for line in () if as_json else lines:
        tell(f"{outcome['file']}: {line}")


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
        _tell(outcome, _summary(outcome), as_json=as_json)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    text = json.dumps(outcome, indent=2) + "\n" if as_json else outcome["diff"]
    show(text, otherwise="nothing was changed")


def _tell(outcome: Outcome, summary: str, *, as_json: bool) -> None:
    lines = [
        *(f"not in place in {each['pipeline']}: {each['reason']}" for each in outcome["skipped"]),
        *(f"warning: {each['pipeline']}: {each['reason']}" for each in outcome["warnings"]),
        summary,
    ]
    for line in [] if as_json else lines:
        tell(f"{outcome['file']}: {line}")


def _summary(outcome: Outcome, *, is_check: bool = False) -> str:
    if is_check:
        right, wrong = len(outcome["pipelines"]), len(outcome["skipped"])
        return f"in place in {right} of {right + wrong} pipelines"
    if not outcome["changed"]:
        return "nothing to change"
    if not outcome["written"]:
        return "nothing written; --in-place writes it"
    return f"written; the old file is {outcome['backup']}; restart glance-api to use it"
