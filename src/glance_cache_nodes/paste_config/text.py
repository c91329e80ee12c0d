# SPDX-License-Identifier: Apache-2.0
"""The text of a paste file: a word or a section more or less. Whether it is right, paste tells."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.paste_config.chains import Chain
    from glance_cache_nodes.paste_config.filters import Filter

MOST_WORDS = 500  # more are not looked at: each costs PasteDeploy a reading

# As paste reads a file: ``\r`` ends a line too. Python's ``^`` and ``$`` know only ``\n``.
_START, _END, _BLANK = r"(?<![^\r\n])(?!(?<=\r)\n)", r"(?:\r\n?|\n)", r"[^\S\r\n]"
_HEAD = rf"{_START}{_BLANK}*\["


def places(text: str, chain: Chain, likely: str) -> Iterator[int]:
    """Yield where the words of a chain's own option begin, and more of that section.

    A word that is likely the right one comes before the others.
    """
    option = re.compile(rf"{_START}{_BLANK}*{re.escape(chain.option)}{_BLANK}*[=:]")
    for part in re.finditer(rf"{_HEAD}[\s\S]*?(?={_HEAD}|\Z)", text):
        is_own = chain.option and part[0].lstrip().startswith(f"[{chain.title}]")
        found = option.search(part[0]) if is_own else None
        if found:
            words = re.compile(r"\S+").finditer(part[0], found.end())
            some = itertools.islice(words, MOST_WORDS)
            for word in sorted(some, key=lambda word: word[0] != likely):
                yield part.start() + word.start()


def put(text: str, place: int, name: str) -> str:
    """Return the text with a name in front of a word."""
    return f"{text[:place]}{name} {text[place:]}"


def spans(text: str, name: str) -> list[tuple[int, int]]:
    """Return where a name stands as a word, with the blank to cut with it; the last one first."""
    alone = rf"{_START}{_BLANK}*{name}{_BLANK}*{_END}"  # a person gave it a line of its own
    name = rf"{alone}|(?<![^\s=:]){name}{_BLANK}|{_BLANK}{name}(?![^\r\n])"
    return [each.span() for each in reversed([*re.finditer(name, text)])]


def cut(text: str, span: tuple[int, int]) -> str:
    """Return the text without a part."""
    return text[: span[0]] + text[span[1] :]


def section(text: str, wanted: Filter) -> re.Match[str] | None:
    """Return where the section of a filter stands, with the blank line before it.

    Its groups are ``loads``, and ``whole``, which is None where the section holds more than that.
    """
    blank_line = rf"(?:{_START}{_BLANK}*{_END})?"
    title = rf"{_START}{_BLANK}*\[filter:{_BLANK}*{wanted.name}{_BLANK}*\]{_BLANK}*"
    loads = rf"{_END}{_BLANK}*(?:use|paste\.filter_factory){_BLANK}*[=:](?P<loads>[^\r\n]*)"
    whole = r"(?P<whole>(?=\s*(?:[#;][^\r\n]*(?:[\r\n]\s*|\Z))*(?:\[|\Z)))"
    return re.search(rf"{blank_line}{title}(?:{loads})?(?:{_END}|\Z){whole}?", text)


def add_section(text: str, wanted: Filter) -> str:
    """Return the text with the section of a filter at its end, which ends as it did."""
    ends = re.findall(_END, text) or ["\n"]
    is_ended = text.endswith(("\r", "\n"))
    added = f"\n{wanted.section}\n" if is_ended else f"\n\n{wanted.section}"
    return text + added.replace("\n", ends[-1])


def cut_section(text: str, wanted: Filter) -> str:
    """Return the text without the section of a filter and the blank line before it."""
    found = section(text, wanted)
    if found is None:
        return text
    kept = cut(text, found.span())
    # A last line without a newline got one when the section was put behind it.
    return kept if re.search(rf"{_END}\Z", text) else re.sub(rf"{_END}\Z", "", kept, count=1)


def naming(text: str, wanted: Filter) -> list[str]:
    """Return the lines that name a filter as a word, each with its number; no comments."""
    word = re.compile(rf"(?![#;]).*(?<![^\s=:]){wanted.name}(?!\S)")
    numbered = enumerate(re.split(_END, text), 1)
    return [f"line {number}: {line}" for number, line in numbered if word.match(line.strip())]
