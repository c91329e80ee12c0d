# SPDX-License-Identifier: Apache-2.0
"""``glance-cache-nodes paste FILE``: put the filter into a glance-api-paste.ini, or take it out."""

from __future__ import annotations

import difflib
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from glance_cache_nodes import paste_config
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import file as paste_file

if TYPE_CHECKING:
    import argparse


class Outcome(TypedDict):
    """What was done, as ``--json`` prints it.

    Attributes:
        file: the file as it was named.
        changed: whether the text is another one than before.
        written: whether it was written to the file.
        backup: the copy of the old file; None when nothing was written.
        pipelines: the pipelines with a context, such as ``[composite:api] keystone``.
        diff: old to new, as ``diff -u`` gives it; empty when nothing changes.
    """

    file: str
    changed: bool
    written: bool
    backup: str | None
    pipelines: list[str]
    diff: str


def add_to(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand ``paste``."""
    about = "Put the filter into every pipeline of a glance-api-paste.ini that has a context."
    end = "Without --in-place it only shows the change, as a unified diff."
    parser = subparsers.add_parser("paste", help=about, description=about, epilog=end)
    parser.add_argument("file", metavar="FILE", type=Path, help="the glance-api-paste.ini")
    parser.add_argument(
        "--in-place", action="store_true", help="write the file; the old one is kept beside it"
    )
    parser.add_argument("--remove", action="store_true", help="take the filter out again")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks for: the change to stdout, a word about it to stderr.

    Returns:
        0, the exit status.

    Raises:
        UserError: the file cannot be read, edited or written.
    """
    path: Path = arguments.file
    old = paste_file.load(path)
    try:
        new = paste_config.remove(old) if arguments.remove else paste_config.insert(old)
        pipelines = paste_config.filtered(new)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    write = bool(arguments.in_place) and new != old
    backup = paste_file.replace(path, new) if write else None
    outcome = Outcome(
        file=str(path),
        changed=new != old,
        written=write,
        backup=None if backup is None else str(backup),
        pipelines=pipelines,
        diff=unified_diff(str(path), old, new),
    )
    if arguments.json:
        sys.stdout.write(json.dumps(outcome, indent=2) + "\n")
    else:
        sys.stdout.write(outcome["diff"])
        sys.stderr.write(f"{path}: {_summary(outcome)}\n")
    return 0


def unified_diff(name: str, old: str, new: str) -> str:
    r"""Return the change as ``diff -u`` prints it, so that ``patch`` takes it.

    Only ``\n`` ends a line, as for ``diff``; a last line without one is marked.
    """
    before, after = (list(io.StringIO(text, newline="\n")) for text in (old, new))
    lines = difflib.unified_diff(before, after, name, name)
    mark = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + mark for line in lines)


def _summary(outcome: Outcome) -> str:
    if not outcome["changed"]:
        return "nothing to change, it is as you ask already"
    if not outcome["written"]:
        return "nothing written; --in-place writes it"
    return f"written; the old file is {outcome['backup']}; restart glance-api to use it"
