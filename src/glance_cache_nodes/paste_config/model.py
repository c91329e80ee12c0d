# SPDX-License-Identifier: Apache-2.0
"""A paste file as lines: where each section, option and word stands.

What the file means is left to ``configparser``, which paste itself uses: it refuses what paste
would refuse and fills in ``%(name)s``. It forgets the lines, though, and an edit that keeps every
other byte needs them, so the places are read here, with configparser's own expressions.
"""

from __future__ import annotations

import configparser
import io
import re
from dataclasses import dataclass, field

from glance_cache_nodes.exception import UserError

# Paste defines these two in every file; what they hold does not matter to an edit.
PASTE_DEFAULTS = {"here": ".", "__file__": "."}
COMMENTS = ("#", ";")


@dataclass(frozen=True)
class Word:
    """One word of a value: the line it stands in (from 0) and its columns there."""

    text: str
    line: int
    start: int
    end: int


@dataclass
class Option:
    """``name = value``, which may go on over lines that are indented deeper.

    Attributes:
        section: the title of the section it stands in.
        name: the key, in the case it is written in.
        line: the line of the key, from 0.
        end: the line after the last line of the value; comments and blanks behind it not counted.
        words: the words as written, nothing filled in.
    """

    section: str
    name: str
    line: int
    end: int
    words: list[Word]

    def __str__(self) -> str:
        """Return how a person finds the option again."""
        return f"line {self.line + 1}: [{self.section}] {self.name}"


@dataclass
class Section:
    """``[title]`` and the options under it; of ``[kind:name]``, both halves."""

    title: str
    line: int
    options: list[Option] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Return ``filter`` of ``[filter:context]``."""
        return self.title.partition(":")[0]

    @property
    def name(self) -> str:
        """Return ``context`` of ``[filter:context]``."""
        return self.title.partition(":")[2].strip()


@dataclass(frozen=True)
class Document:
    """A paste file: its lines with their ends, its sections, and the parser that knows values."""

    lines: list[str]
    sections: list[Section]
    parser: configparser.ConfigParser

    def value(self, option: Option) -> str:
        """Return the option's value as paste will see it, ``%(name)s`` filled in.

        Raises:
            UserError: what is to be filled in is not there.
        """
        try:
            return self.parser.get(option.section, option.name).strip()
        except configparser.InterpolationError as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{option}: a % that paste cannot fill in: {reason}") from error


def read(text: str) -> Document:
    """Read a paste file.

    Raises:
        UserError: the text is empty, or not a file that paste can read.
    """
    if not text.strip():
        raise UserError("is empty; a glance-api-paste.ini is expected")
    # As a file is read: \n, \r\n and \r end a line, and form feeds and the like do not.
    lines = list(io.StringIO(text, newline=""))
    parser = _parse(lines)
    return Document(lines, _sections(lines), parser)


def _parse(lines: list[str]) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(defaults=PASTE_DEFAULTS)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # as paste: case counts
    try:
        parser.read_file(lines)
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        title = f"[{error.section}] {getattr(error, 'option', '')}".strip()
        raise UserError(f"line {error.lineno}: {title} is there twice; keep one") from error
    except configparser.MissingSectionHeaderError as error:
        raise UserError(f"line {error.lineno}: not an ini file: no [section] yet") from error
    except configparser.ParsingError as error:
        line = error.errors[0][0]
        raise UserError(f"line {line}: neither a [section] nor an option = value") from error
    return parser


def _sections(lines: list[str]) -> list[Section]:
    """Return the sections of lines that the parser has accepted."""
    sections: list[Section] = []
    indent = 0
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith(COMMENTS):
            continue  # neither ends a value: what is deeper below still belongs to it
        depth = len(line) - len(line.lstrip())
        if sections and sections[-1].options and depth > indent:
            option = sections[-1].options[-1]
            option.end = number + 1
            option.words += _words(line, number, 0)
            continue
        indent = depth
        title = configparser.ConfigParser.SECTCRE.match(line.strip())
        if title:
            sections.append(Section(title["header"], number))
        else:
            sections[-1].options.append(_option(sections[-1].title, line, number))
    return sections


def _option(section: str, line: str, number: int) -> Option:
    parts = configparser.ConfigParser.OPTCRE.match(line.strip())
    if parts is None:
        raise UserError(f"line {number + 1}: neither a [section] nor an option = value")
    start = len(line) - len(line.lstrip()) + parts.start("value")
    return Option(
        section, parts["option"].rstrip(), number, number + 1, _words(line, number, start)
    )


def _words(line: str, number: int, start: int) -> list[Word]:
    found = re.compile(r"\S+").finditer(line, start)
    return [Word(match.group(), number, match.start(), match.end()) for match in found]
