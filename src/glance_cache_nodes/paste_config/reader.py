# SPDX-License-Identifier: Apache-2.0
"""Read the text of a paste file.

``configparser``, which paste itself uses, reads the values: it refuses what paste would refuse, and
interpolates ``%(name)s``. It does not keep the positions, which an edit needs; so they are read
here, with configparser's own expressions.
"""

from __future__ import annotations

import configparser
import io

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config.model import Document, Option, Section, words_in

# Paste defines these two in every file; what they hold does not matter to an edit.
PASTE_DEFAULTS = {"here": ".", "__file__": "."}
COMMENTS = ("#", ";")
BYTE_ORDER_MARK = "\ufeff"


def read(text: str) -> Document:
    """Read a paste file.

    Raises:
        UserError: the text is empty, or not a file that paste can read.
    """
    if text.startswith(BYTE_ORDER_MARK):
        raise UserError(
            "line 1: not an ini file: it starts with a byte order mark, which paste cannot read; "
            "save the file as UTF-8 without one"
        )
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
            option.words += words_in(line, number, 0)
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
    name = parts["option"].rstrip()
    return Option(section, name, number, number + 1, words_in(line, number, start))
