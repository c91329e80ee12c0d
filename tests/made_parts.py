# SPDX-License-Identifier: Apache-2.0
"""The parts of the pages that are made from the code, each between two comments that name it.

``python tests/made_parts.py`` writes them anew, with the file of statuses and their descriptions in
OpenAPI;
``tests/docs`` fails where one is out of date.
"""

from __future__ import annotations

import re

import command_reference
import documentation
import openapi_description
import reference_tables

_PART = re.compile(r"(<!-- made from (.+?) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def parts() -> dict[str, str]:
    """Return what is to stand in the pages, by the name of the part."""
    return command_reference.parts() | reference_tables.parts()


def present(page: str) -> list[str]:
    """Return the names of the parts in a page."""
    return [part[2] for part in _PART.finditer(page)]


def renewed(page: str) -> str:
    """Return a page with every part in it made anew."""
    made = parts()
    return _PART.sub(lambda part: part[1] + made.get(part[2], "") + part[3], page)


def main() -> None:
    """Write every page with such parts anew."""
    for name, text in documentation.pages().items():
        if present(text):
            (documentation.ROOT / name).write_text(renewed(text))
    reference_tables.STATUSES.write_text(reference_tables.status_file())
    openapi = openapi_description.FILE
    openapi.write_text(reference_tables.described(openapi.read_text()))


if __name__ == "__main__":
    main()
