# SPDX-License-Identifier: Apache-2.0
"""Put the filter into the text of a glance-api-paste.ini, and take it out again.

    keystone = authtoken context cache_nodes rootapp        the word, after each context

    [filter:cache_nodes]                                    the section, after the last filter
    use = egg:glance-cache-nodes#cache_nodes

Every other byte stays as it was, and ``remove(insert(text)) == text``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config.checks import check_order, own_section
from glance_cache_nodes.paste_config.model import COMMENTS, read
from glance_cache_nodes.paste_config.pipelines import EGG, FILTER, pipelines

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.model import Document, Section, Word
    from glance_cache_nodes.paste_config.pipelines import Pipeline


def insert(text: str) -> str:
    """Return the text with the filter in every pipeline that has a context.

    Text that has all of it already comes back as it is.

    Raises:
        UserError: not a paste file of Glance, or one in which the filter cannot stand rightly.
    """
    document = read(text)
    own = own_section(document)
    targets = [pipe for pipe in pipelines(document) if pipe.contexts or pipe.ours]
    if not targets:
        raise UserError(
            "no pipeline with Glance's context or unauthenticated-context filter; "
            "a glance-api-paste.ini is expected"
        )
    for pipe in targets:
        check_order(pipe)
    lines = list(document.lines)
    for pipe in targets:
        if not pipe.ours:
            _add_word(lines, _last_context(pipe))
    if own is None:
        _add_section(lines, document)
    return "".join(lines)


def remove(text: str) -> str:
    """Return the text without the filter: the words, the section, and the blank line before it.

    Text that has none of it comes back as it is.

    Raises:
        UserError: not a file that paste can read, or the section holds more than was put in.
    """
    document = read(text)
    own = own_section(document)
    lines = list(document.lines)
    for pipe in pipelines(document):
        for word in reversed(pipe.option.words):  # from the right: columns to the left stay true
            if word.text == FILTER:
                _cut_word(lines, word)
    if own is not None:
        _cut_section(lines, own)
    kept = "".join(lines)
    # A last line without a newline got one when the section was put behind it.
    return kept if _ending(text) else kept[: len(kept) - len(_ending(kept))]


def filtered(text: str) -> list[str]:
    """Return the pipelines that have a context, such as ``[composite:api] keystone``.

    Raises:
        UserError: not a file that paste can read.
    """
    return [pipe.label for pipe in pipelines(read(text)) if pipe.contexts]


def _last_context(pipe: Pipeline) -> Word:
    name = pipe.words[pipe.contexts[-1]]
    return [word for word in pipe.option.words if word.text == name][-1]


def _add_word(lines: list[str], behind: Word) -> None:
    line = lines[behind.line]
    lines[behind.line] = f"{line[: behind.end]} {FILTER}{line[behind.end :]}"


def _cut_word(lines: list[str], word: Word) -> None:
    line = lines[word.line]
    before, after = line[: word.start], line[word.end :]
    if not before.strip() and not after.strip():
        lines[word.line] = ""  # a person gave it a line of its own
    elif before[-1].isspace():
        lines[word.line] = before[:-1] + after
    else:
        lines[word.line] = before + after.removeprefix(" ")


def _add_section(lines: list[str], document: Document) -> None:
    filters = [section for section in document.sections if section.kind == "filter"]
    place, indent = _end_of((filters or document.sections)[-1], lines)
    ending = _ending(lines[place - 1])
    newline = ending or _ending(lines[0]) or "\n"
    lines[place - 1] = lines[place - 1][: len(lines[place - 1]) - len(ending)] + newline
    block = [newline, f"{indent}[filter:{FILTER}]{newline}", f"{indent}use = {EGG}{ending}"]
    lines[place:place] = block


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


def _cut_section(lines: list[str], own: Section) -> None:
    only, *more = own.options
    if more:
        raise UserError(f"{more[0]} is not of this command; take that section out by hand")
    gone = {own.line, *range(only.line, only.end)}
    if own.line and not lines[own.line - 1].strip():
        gone.add(own.line - 1)
    for number in gone:
        lines[number] = ""


def _ending(line: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if line.endswith(end)), "")
