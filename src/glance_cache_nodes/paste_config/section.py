# SPDX-License-Identifier: Apache-2.0
"""Add the section of a filter behind the last one, or remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config.reader import COMMENTS

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.filters import Filter
    from glance_cache_nodes.paste_config.model import Document, Section


def add(lines: list[str], document: Document, wanted: Filter) -> None:
    """Add the section of a filter behind that of the last filter."""
    filters = [section for section in document.sections if section.kind == "filter"]
    place, indent = _end_of((filters or document.sections)[-1], lines)
    end = ending(lines[place - 1])
    newline = end or ending(lines[0]) or "\n"
    lines[place - 1] = lines[place - 1][: len(lines[place - 1]) - len(end)] + newline
    block = [
        newline,
        f"{indent}[filter:{wanted.name}]{newline}",
        f"{indent}use = {wanted.egg}{end}",
    ]
    lines[place:place] = block


def cut(lines: list[str], own: Section) -> None:
    """Empty the lines of a section that was added, and the blank one before it.

    Raises:
        UserError: the section holds more than was put in.
    """
    only, *more = own.options
    if more:
        raise UserError(f"{more[0]} is not of this command; take that section out by hand")
    gone = {own.line, *range(only.line, only.end)}
    if own.line and not lines[own.line - 1].strip():
        gone.add(own.line - 1)
    for number in gone:
        lines[number] = ""


def ending(line: str) -> str:
    """Return how a line ends, "" where the text ends without a newline."""
    return next((end for end in ("\r\n", "\n", "\r") if line.endswith(end)), "")


def _end_of(section: Section, lines: list[str]) -> tuple[int, str]:
    """Return the line after the section, and its indent.

    The indent is kept since a next ``[section]`` that is deeper than ours would join our value.
    """
    last = section.options[-1] if section.options else None
    line, end = (last.line, last.end) if last else (section.line, section.line + 1)
    indent = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
    behind = end
    while behind < len(lines) and lines[behind].lstrip().startswith(COMMENTS):
        behind += 1
    # Comments that run into the next [section] are about that one, others are about this one.
    is_ours = behind == len(lines) or not lines[behind].strip()
    return (behind if is_ours else end), indent
