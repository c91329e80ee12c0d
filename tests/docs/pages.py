# SPDX-License-Identifier: Apache-2.0
"""The examples of a page, as its fenced blocks give them.

A block of ``console``, ``bash`` or ``pycon`` is run. A comment on the line before a block says what
else is to be done with it:

    <!-- not run: why it cannot be run here -->
    <!-- file: /etc/glance/policy.yaml -->          write the block there, then go on
    <!-- part of: /etc/glance/glance-api.conf -->   give it to what reads such a file

A block of ``text`` or ``json`` only shows something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
RUN = {"console", "bash", "pycon"}
SHOWN = {"text", "json"}

_MARK = re.compile(r"<!-- (not run|file|part of): *(.*?) *-->\Z", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One fenced block.

    Args:
        where: page and line, for a person.
        language: the first word after the fence.
        text: the block.
        mark: ``not run``, ``file``, ``part of``; empty where no comment stands before it.
        said: what the comment says after the mark.
    """

    where: str
    language: str
    text: str
    mark: str = ""
    said: str = ""

    @property
    def is_run(self) -> bool:
        return self.language in RUN and not self.mark


def pages() -> list[Path]:
    """Return the pages whose examples are held against a lab."""
    directories = ("docs/guide", "docs/developers")
    guides = [page for name in directories for page in sorted((ROOT / name).glob("*.md"))]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *guides]


def name(page: Path) -> str:
    """Return a page's name in this project."""
    return str(page.relative_to(ROOT))


def examples(page: Path) -> list[Example]:
    """Return the examples of a page in their order."""
    return parse(page.read_text(encoding="utf-8"), name(page))


def parse(text: str, title: str) -> list[Example]:
    """Return the examples in a Markdown text."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    found = []
    for before, token in zip([None, *tokens], tokens):
        if token.type != "fence":
            continue
        comment = before.content.strip() if before and before.type == "html_block" else ""
        mark, said = _mark(comment)
        line = token.map[0] + 1
        language = (token.info.split() or [""])[0]
        found.append(Example(f"{title}:{line}", language, token.content, mark, said))
    return found


def steps(console: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output that is shown below it.

    A command goes on in lines that begin with ``> ``.
    """
    found: list[tuple[str, str]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif not found:
            raise ValueError(f"this line comes before any command: {line}")
        elif line.startswith("> ") and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", "")
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def _mark(comment: str) -> tuple[str, str]:
    match = _MARK.match(comment)
    return (match[1], " ".join(match[2].split())) if match else ("", "")
