# SPDX-License-Identifier: Apache-2.0
"""``make matrix``: every release of Glance, on every Python, database and server of this machine.

Writes the table to ``build/matrix.md``; the exit status is 1 when something failed.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import cells
import kinds
import plan
import servers

from glance_cache_nodes.errors import UserError
from glance_cache_nodes.lab import environments, interpreters

BUILD = Path(__file__).parents[2] / "build"
ANSWERS = BUILD / "answers"
AT_ONCE = 2
STARTED = time.monotonic()

Row = tuple[str, str, str, str, str]
Databases = dict[str, "servers.Server | str | None"]


def main() -> int:
    """Run all jobs, some at once; return the exit status."""
    shutil.rmtree(ANSWERS, ignore_errors=True)
    ANSWERS.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        databases = _databases(stack)
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        done = pool.map(lambda job: list(_rows(job, databases)), plan.jobs())
        rows = [row for of_job in done for row in of_job]
    rows.append(_same_answers())
    _say(" | ".join(rows[-1]))
    _write(rows)
    left_out = sum(row[4].startswith("left out") for row in rows)
    passed = sum(row[4].startswith("ok") for row in rows)
    failed = len(rows) - passed - left_out
    print(f"{passed} passed, {failed} failed" + f", {left_out} left out" * bool(left_out))
    return 1 if failed else 0


def _databases(stack: contextlib.ExitStack) -> Databases:
    """Return the running servers, or what is missing for one; SQLite needs none."""
    found: Databases = {"SQLite": None}
    for name, kind in (("MariaDB", kinds.MARIADB), ("PostgreSQL", kinds.POSTGRESQL)):
        if kind.missing():
            found[name] = f"left out: apt-get install {kind.package}"
        else:
            found[name] = stack.enter_context(getattr(servers, name.lower())())
    return found


def _rows(job: plan.Job, databases: Databases) -> Iterator[Row]:
    """Say and return a row for each cell of the job."""
    database = databases[job.database]
    reason = plan.missing(job.version) or (database if isinstance(database, str) else "")
    results = [("-", reason)] if reason else _results(job, database)
    for server, result in results:
        row = (job.release, job.version, job.database, server, result)
        _say(" | ".join(row))
        yield row


def _results(job: plan.Job, database: servers.Server | None) -> Iterator[tuple[str, str]]:
    label = f"glance_{job.release}_{job.version}".replace(".", "_")
    url = database.url(label) if database else ""
    answers = ANSWERS / f"{job.release}-python{job.version}-{job.database}.json"
    interpreter = interpreters.find(job.version)
    try:
        python = environments.python_for(job.release, BUILD / "environments", _say, interpreter)
    except UserError as error:
        yield "-", f"failed: {error}"
        return
    with tempfile.TemporaryDirectory(prefix="glance-cache-nodes-") as name:
        site = Path(name)
        yield "in process", cells.suites(python, site, url, answers, job.cannot_pass)
        cells.open_site(site)
        for server in job.servers:
            yield server, cells.serve(server, python, site, database)


def _same_answers() -> Row:
    """Compare the answers of all jobs, byte for byte."""
    texts = {path.read_bytes() for path in ANSWERS.glob("*.json")}
    result = "ok" if len(texts) == 1 and texts != {b""} else "failed: see build/answers"
    return ("all", "all", "all", "same bytes from each", result)


def _write(rows: list[Row]) -> None:
    lines = ["| release | Python | database | server | result |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    (BUILD / "matrix.md").write_text("\n".join(lines) + "\n")


def _say(text: str) -> None:
    print(f"{time.monotonic() - STARTED:4.0f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
