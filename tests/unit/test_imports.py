# SPDX-License-Identifier: Apache-2.0
"""Imports go one way: what stands lower in the table imports nothing that stands higher."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
OURS = "glance_cache_nodes"
BASE = {"conf", "exception", "sites", "node_url"}
CLIENT = {"client", "exception", "node_url"}
SERVER = {"service", "policies", "db", "cache", "net", *BASE}

# A part of the package, and the parts that it may import besides itself.
MAY_IMPORT = {
    "conf": {"exception"},
    "exception": set(),
    "node_url": set(),
    "sites": {"sites_yaml", "node_url", "exception"},
    "sites_yaml": {"node_url", "exception"},
    "net": BASE,
    "cache": BASE,
    "db": {"net", *BASE},
    "policies": {"db", *BASE},
    "service": {"policies", "db", "net", *BASE},
    "fleet": {"db", "cache", "net", *BASE},
    "api": {"fleet", *SERVER},
    "fill": SERVER,
    "paste_config": {"exception"},
    "reconcile": {"paste_config", *SERVER} - {"policies"},
    "client": {"exception", "node_url"},
    "osc": CLIENT,
    "cmd": {"reconcile", "paste_config", "lab", *BASE},
    "lab": {"paste_config", "exception", "client"},
    "tempest": set(),
    "nova": CLIENT,
    "horizon": CLIENT,
}
# What speaks HTTP, and where it may be imported; webob is WSGI's.
HTTP = {
    "aiohttp",
    "http.client",
    "httplib2",
    "httpx",
    "keystoneauth1",
    "requests",
    "urllib.request",
}
HTTP |= {"urllib3"}
SERVER_PARTS = ("api", "cache", "conf", "db", "fill", "fleet", "policies", "reconcile", "service")
# The options for TLS are keystoneauth's; `check` takes a token from the credentials of Glance.
HTTP_ALSO = {"conf.py": {"keystoneauth1"}, "credentials.py": {"keystoneauth1"}}
BESIDE = ("lab", "tempest", "nova", "horizon")


def directory(part: str) -> Path:
    """Return where a part's modules are."""
    return SRC / f"{OURS}_{part}" if part in BESIDE else SRC / OURS / part


def modules(part: str) -> list[Path]:
    """Return the part's files; none where it is not written yet."""
    own = directory(part)
    return [*own.rglob("*.py"), *filter(Path.is_file, [own.with_suffix(".py")])]


def names_in(file: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, also where only type checkers see it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(file: Path) -> Iterator[str]:
    """Yield the parts that a file imports."""
    yield from filter(None, map(part_of, names_in(file)))


def modules_imported(file: Path) -> set[Path]:
    """Return the modules of ours that a file imports."""
    found = set()
    for name in names_in(file):
        path = SRC.joinpath(*name.split("."))
        found |= {each for each in (path, path.parent) if each.with_suffix(".py").is_file()}
    return {each.with_suffix(".py") for each in found} - {file}


def part_of(name: str) -> str | None:
    """Return the part of our packages that a dotted name belongs to."""
    package, _, rest = name.partition(".")
    if package == OURS:
        return rest.partition(".")[0] or None
    return package.removeprefix(f"{OURS}_") if package.startswith(f"{OURS}_") else None


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_what_stands_below_it(part: str) -> None:
    allowed = {part, *MAY_IMPORT[part]}
    wrong = {
        f"{file.relative_to(SRC)} imports {name}"
        for file in modules(part)
        for name in imported(file)
        if name not in allowed and (SRC / OURS / name).exists() | (name in MAY_IMPORT)
    }
    assert not wrong


@pytest.mark.parametrize("part", SERVER_PARTS)
def test_only_net_speaks_http(part: str) -> None:
    wrong = {
        f"{file.relative_to(SRC)} imports {name}"
        for file in modules(part)
        for name in names_in(file)
        for library in HTTP - HTTP_ALSO.get(file.name, set())
        if name == library or name.startswith(f"{library}.")
    }
    assert not wrong


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_the_modules_of_a_part_import_each_other_in_no_circle(part: str) -> None:
    graph = {file: modules_imported(file) for file in modules(part)}
    while leaves := [file for file, below in graph.items() if not below & graph.keys()]:
        for leaf in leaves:
            del graph[leaf]
    assert not {str(file.relative_to(SRC)) for file in graph}


def test_every_part_is_in_the_table() -> None:
    found = {path.stem for path in (SRC / OURS).iterdir()} - {"__init__", "py", "__pycache__"}
    packages = {path.name for path in SRC.iterdir() if path.is_dir() and "egg" not in path.name}
    found |= {name.removeprefix(f"{OURS}_") for name in packages - {OURS, "__pycache__"}}
    assert found <= set(MAY_IMPORT)


def test_the_walk_finds_imports() -> None:
    assert "exception" in set(imported(SRC / OURS / "client" / "errors.py"))
    assert modules("exception")
