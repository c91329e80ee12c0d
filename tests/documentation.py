# SPDX-License-Identifier: Apache-2.0
"""What the documentation says, for the tests that look for what it leaves out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_METHOD = re.compile(r"^\.\. rest_method:: (\w+) (\S+)$", re.MULTILINE)
_STATUSES = re.compile(r"^\.\. rest_status_code:: \w+ http-status.yaml\n\n((?: +- .*\n)+)", re.M)


def pages() -> dict[str, str]:
    """Return the text of every page that a person reads, by its path."""
    files = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    files += [path for kind in ("md", "rst", "inc") for path in sorted(DOCS.rglob(f"*.{kind}"))]
    return {str(path.relative_to(ROOT)): path.read_text() for path in files}


def unnamed(names: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return the names that stand in none of the texts, as a word of their own."""
    whole = "\n".join(texts)
    return [
        name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", whole)
    ]


def reference() -> dict[tuple[str, str], set[int]]:
    """Return the calls of the API reference, as path and method, with the statuses of each."""
    text = "".join(path.read_text() for path in sorted((DOCS / "api").glob("*.inc")))
    starts = list(_METHOD.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return {
        (start[2], start[1]): _statuses(text[start.end() : end]) for start, end in zip(starts, ends)
    }


def _statuses(section: str) -> set[int]:
    lists = _STATUSES.findall(section)
    return {int(number) for each in lists for number in re.findall(r"- (\d{3})", each)}


def contract_statuses() -> set[int]:
    """Return the statuses that the HTTP contract names; a test that names none is of 200."""
    files = (ROOT / "tests/functional/gabbits").glob("*.yaml")
    tests = [test for file in files for test in yaml.safe_load(file.read_text())["tests"]]
    return {test.get("status", 200) for test in tests}


def make_targets(makefile: str) -> set[str]:
    """Return the targets of a Makefile that a person may ask for."""
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", makefile, re.MULTILINE)) - {"help"}


def exit_statuses(source: str) -> set[int]:
    """Return the numbers that the functions in a Python source return or exit with."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        is_exit = isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit"
        if isinstance(node, ast.Return) or is_exit:
            found |= {
                each.value
                for each in ast.walk(node)
                if isinstance(each, ast.Constant) and type(each.value) is int
            }
    return found
