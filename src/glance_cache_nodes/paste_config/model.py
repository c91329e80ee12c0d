# SPDX-License-Identifier: Apache-2.0
"""A paste file as lines: the position of each section, option and word, and the values."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, field

from glance_cache_nodes.exception import UserError

# Blanks end a word, but not inside ``%(two words)s``, which is one name to fill in.
_WORD = re.compile(r"(?:%\([^)]*\)s|\S)+")


@dataclass(frozen=True)
class Word:
    """One word of a value: its line (from 0) and its columns."""

    text: str
    line: int
    start: int
    end: int


@dataclass
class Option:
    """``name = value``, which may go on over lines that are indented deeper.

    Attributes:
        section: the title of its section.
        name: the key, in the case it is written in.
        line: the line of the key, from 0.
        end: the line after the last line of the value; comments and blanks behind it not counted.
        words: the words as written, without interpolation.
    """

    section: str
    name: str
    line: int
    end: int
    words: list[Word]

    def __str__(self) -> str:
        """Return the option with its line, for messages."""
        return f"line {self.line + 1}: {self.label}"

    @property
    def label(self) -> str:
        """Return a name for people, such as ``[composite:api] keystone``."""
        return f"[{self.section}] {self.name}"


@dataclass
class Section:
    """``[title]`` and the options under it; of ``[kind:name]``, both halves."""

    title: str
    line: int
    options: list[Option] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the section with its line, for messages."""
        return f"line {self.line + 1}: [{self.title}]"

    @property
    def kind(self) -> str:
        """Return ``filter`` of ``[filter:context]``."""
        return self.title.partition(":")[0]

    @property
    def name(self) -> str:
        """Return ``context`` of ``[filter:context]``."""
        return self.title.partition(":")[2].strip()

    def option(self, name: str) -> Option | None:
        """Return the option of that name, or None."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True)
class Document:
    """A paste file: its lines with their ends, its sections, and the parser that knows values."""

    lines: list[str]
    sections: list[Section]
    parser: configparser.ConfigParser

    def value(self, option: Option) -> str:
        """Return the option's value as paste will see it, with ``%(name)s`` interpolated.

        Raises:
            UserError: what is to be filled in is not there.
        """
        return self._filled_in(option, {})

    def words(self, option: Option) -> list[tuple[Word, list[str]]]:
        """Return each written word with the words that paste reads: several for ``%(name)s``.

        Raises:
            UserError: what is to be filled in is not there.
        """
        return [
            (word, self._filled_in(option, {option.name: word.text}).split())
            for word in option.words
        ]

    def _filled_in(self, option: Option, instead: dict[str, str]) -> str:
        try:
            return self.parser.get(option.section, option.name, vars=instead).strip()
        except configparser.InterpolationError as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{option}: a % that paste cannot fill in: {reason}") from error


def words_in(line: str, number: int, start: int) -> list[Word]:
    """Return the words of a line, whose number is given, from a column on."""
    found = _WORD.finditer(line, start)
    return [Word(match.group(), number, match.start(), match.end()) for match in found]
