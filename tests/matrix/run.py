# SPDX-License-Identifier: Apache-2.0
"""``make matrix``: every release of Glance, on every database and server that is installed here.

Writes the table to ``build/matrix.md``; the exit status is 1 when something failed.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import kinds
import servers

from glance_cache_nodes.lab import environments

HERE = Path(__file__).parent
TESTS = HERE.parent
BUILD = TESTS.parent / "build"
SUITES = ["contract", "personas", "inputs", "routes", "policy", "database"]
BOUND = 300  # seconds for one cell
# What two processes may keep after 640 calls: five of the add-on and five of Glance in each.
MOST_CONNECTIONS = 20
# The oldest release, one in the middle, the newest.
ON_EVERY_DATABASE = ("2024.1", "2025.1", "2026.2")
WITHOUT_EVENTLET = "2026.2"
SUMMARY = re.compile(r"=* ?(\d+ (?:passed|failed).*?) in ")

Row = tuple[str, str, str, str, str]


def main() -> int:
    """Run all cells; return the exit status."""
    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        databases = _databases(stack)
        for release in environments.known():
            python = environments.python_for(release, BUILD / "environments", _say)
            for row in _of_release(release, python, databases):
                _say(" | ".join(row))
                rows.append(row)
    rows.append(_same_answers())
    _say(" | ".join(rows[-1]))
    _write(rows)
    failed = [row for row in rows if row[4] != "ok" and not row[4].startswith("left out")]
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _databases(stack: contextlib.ExitStack) -> dict[str, servers.Server | str]:
    """Return the running servers, or what is missing for one."""
    found: dict[str, servers.Server | str] = {}
    for name, kind in (("MariaDB", kinds.MARIADB), ("PostgreSQL", kinds.POSTGRESQL)):
        if kind.missing():
            found[name] = f"left out: apt-get install {kind.package}"
        else:
            found[name] = stack.enter_context(getattr(servers, name.lower())())
    return found


def _of_release(
    release: str, python: Path, databases: dict[str, servers.Server | str]
) -> Iterator[Row]:
    version = _output([python, "-c", "import platform; print(platform.python_version())"])
    yield (release, version, "SQLite", "in process", _suites(python, ""))
    _save_answers(release, python)
    for server in ["gunicorn"] + ["glance-api"] * (release != WITHOUT_EVENTLET):
        yield (release, version, "SQLite", server, _serve(python, server, ""))
    if release not in ON_EVERY_DATABASE:
        return
    for name, database in databases.items():
        if isinstance(database, str):
            yield (release, version, name, "-", database)
            continue
        label = release.replace(".", "_")
        yield (
            release,
            version,
            name,
            "in process",
            _suites(python, database.url(f"suites_{label}")),
        )
        for server in ["gunicorn"] + ["glance-api"] * (release != WITHOUT_EVENTLET):
            url = database.url(f"{server.replace('-', '_')}_{label}")
            yield (release, version, name, server, _serve(python, server, url, database))


def _suites(python: Path, url: str) -> str:
    """Run the contract, the personas and the rest in process; return ``ok`` or what failed."""
    files = [str(TESTS / f"test_{name}.py") for name in SUITES]
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    done = _run([python, *words, f"--rootdir={TESTS}", *files], url)
    summary = SUMMARY.search(done.stdout)
    said = summary[1] if summary else done.stderr[-200:]
    _say(f"  {said}")
    return "ok" if done.returncode == 0 else f"failed: {said}"


def _serve(python: Path, server: str, url: str, database: servers.Server | None = None) -> str:
    """Ask it 640 times by 32 clients; return ``ok`` or what came."""
    argv = [str(python), str(HERE / "serving.py"), server, url]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        said = process.stdout.readline().strip() or "the server did not come up"
        kept = database.connections() if database else 0
        process.communicate(timeout=BOUND)
    if process.returncode != 0:
        return f"failed: {said}"
    return "ok" if kept <= MOST_CONNECTIONS else f"failed: {kept} connections are kept"


def _save_answers(release: str, python: Path) -> None:
    (BUILD / "answers").mkdir(parents=True, exist_ok=True)
    done = _run([python, str(HERE / "answers.py")], "")
    (BUILD / "answers" / f"{release}.json").write_text(done.stdout)


def _same_answers() -> Row:
    """Compare the answers of all releases, byte for byte."""
    texts = {(BUILD / "answers" / f"{name}.json").read_bytes() for name in environments.known()}
    result = "ok" if len(texts) == 1 and texts != {b""} else "failed: see build/answers"
    return ("all", "-", "SQLite", "same bytes from each", result)


def _run(argv: list[object], url: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    environment.pop("TEST_DATABASE_URL", None)
    if url:
        environment["TEST_DATABASE_URL"] = url
    return subprocess.run(
        [str(word) for word in argv],
        env=environment,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )


def _output(argv: list[object]) -> str:
    return _run(argv, "").stdout.strip()


def _write(rows: list[Row]) -> None:
    lines = ["| release | Python | database | server | result |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    (BUILD / "matrix.md").write_text("\n".join(lines) + "\n")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
