# SPDX-License-Identifier: Apache-2.0
"""The word of a filter in the lines of a paste file: put in front of another, or cut out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import pipelines
from glance_cache_nodes.paste_config.plan import from_elsewhere

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from glance_cache_nodes.paste_config.model import Option, Word
    from glance_cache_nodes.paste_config.names import Names


def change(lines: list[str], name: str, put: AbstractSet[Word], cut: AbstractSet[Word]) -> None:
    """Change lines in place: put the name in front of some words, and cut out others."""
    # From the end on: the columns before a change stay true.
    for word in sorted(put | cut, key=lambda word: (word.line, word.start), reverse=True):
        if word in cut:
            _cut(lines, word)
        else:
            line = lines[word.line]
            lines[word.line] = f"{line[: word.start]}{name} {line[word.start :]}"


def of(names: Names, name: str) -> set[Word]:
    """Return where a filter is written in the pipelines.

    Raises:
        UserError: it is part of a ``%(name)s``: others may use the same text.
    """
    options = [
        option
        for section in names.document.sections
        for option in pipelines.options(names, section)
    ]
    return {word for option in options for word in _in_option(names, option, name)}


def _in_option(names: Names, option: Option, name: str) -> list[Word]:
    made = [(word, each) for word, found in names.document.words(option) for each in found]
    if name in names.applications:
        made = made[:-1]  # the application at the end may have the same name
    found = [word for word, each in made if each == name]
    if any(word.text != name for word in found):
        raise UserError(f"{option}: {from_elsewhere(name)}")
    return found


def _cut(lines: list[str], word: Word) -> None:
    line = lines[word.line]
    before, after = line[: word.start], line[word.end :]
    if not before.strip() and not after.strip():
        lines[word.line] = ""  # a person gave it a line of its own
    elif after.strip():
        lines[word.line] = before + after[1:]
    else:
        lines[word.line] = before[:-1] + after if before[-1].isspace() else before + after
