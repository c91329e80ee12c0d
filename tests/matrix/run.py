# SPDX-License-Identifier: Apache-2.0
"""``make matrix``: every release of Glance, on every Python, database and server of this machine.

Writes the table to ``build/matrix.md``; the exit status is 1 when something failed. With the word
``ends`` there are fewer rows, as :func:`plan.jobs` says.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import cells
import installed
import kinds
import plan
import servers

from glance_cache_nodes.exception import UserError

BUILD = Path(__file__).parents[2] / "build"
ANSWERS = BUILD / "answers"
AT_ONCE = 3  # on two processors: while one job waits for its server to end, two are at work
ENDING = threading.Event()
STARTED = time.monotonic()

Row = tuple[str, str, str, str, str]
Databases = dict[str, "servers.Server | str | None"]


def main() -> int:
    """Run all jobs, some at once; return the exit status."""
    pythons = _pythons()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_early)
    shutil.rmtree(ANSWERS, ignore_errors=True)
    ANSWERS.mkdir(parents=True)
    jobs = plan.jobs(pythons)
    rows = [*_run(jobs), _same_answers()]
    _say(" | ".join(rows[-1]))
    _write(rows)
    left_out = sum(row[4].startswith("left out") for row in rows)
    passed = sum(row[4].startswith("ok") for row in rows)
    failed = len(rows) - passed - left_out
    if pythons != "all":
        print(f"PYTHONS={pythons}: {plan.rows(jobs)} of {plan.rows(plan.jobs('all'))} rows")
    print(f"{passed} passed, {failed} failed" + f", {left_out} left out" * bool(left_out))
    return 1 if failed else 0


def _end_early(*_signal: object) -> None:
    ENDING.set()
    _say("ending; what has begun comes to its end first")
    sys.exit(1)


def _pythons() -> str:
    parser = argparse.ArgumentParser(description="Try every release of Glance.")
    parser.add_argument("pythons", nargs="?", choices=("all", "ends"), default="all")
    return parser.parse_args().pythons


def _run(jobs: list[plan.Job]) -> list[Row]:
    """Return the rows of all jobs in their order, whichever of them begins first."""
    ordered = plan.longest_first(jobs)
    with contextlib.ExitStack() as stack:
        databases = _databases(stack)
        installer = _executor(stack, 1)
        ready = installed.Installed(ordered, BUILD / "environments", installer, _say)
        pool = _executor(stack, AT_ONCE)
        begun = {job: pool.submit(_rows, job, databases, ready) for job in ordered}
        return [row for job in jobs for row in begun[job].result()]


def _executor(stack: contextlib.ExitStack, workers: int) -> ThreadPoolExecutor:
    """Return one that begins nothing new when the stack is left."""
    executor = ThreadPoolExecutor(workers)
    stack.callback(executor.shutdown, cancel_futures=True)
    return executor


def _databases(stack: contextlib.ExitStack) -> Databases:
    """Return the running servers, or what is missing for one; SQLite needs none."""
    found: Databases = {"SQLite": None}
    for name, kind in (("MariaDB", kinds.MARIADB), ("PostgreSQL", kinds.POSTGRESQL)):
        if kind.missing():
            found[name] = f"left out: apt-get install {kind.package}"
        else:
            found[name] = stack.enter_context(getattr(servers, name.lower())())
    return found


def _rows(job: plan.Job, databases: Databases, ready: installed.Installed) -> list[Row]:
    """Say and return a row for each cell of the job."""
    database = databases[job.database]
    reason = plan.missing(job.version) or (database if isinstance(database, str) else "")
    results = [("-", reason)] if reason else _results(job, database, ready)
    rows = []
    for server, result in results:
        rows.append((job.release, job.version, job.database, server, result))
        _say(" | ".join(rows[-1]))
    return rows


def _results(
    job: plan.Job, database: servers.Server | None, ready: installed.Installed
) -> Iterator[tuple[str, str]]:
    label = f"glance_{job.release}_{job.version}".replace(".", "_")
    url = database.url(label) if database else ""
    answers = ANSWERS / f"{job.release}-python{job.version}-{job.database}.json"
    try:
        python = ready.python(job)
    except UserError as error:
        yield "-", f"failed: {error}"
        return
    with tempfile.TemporaryDirectory(prefix="glance-cache-nodes-") as name:
        site = Path(name)
        yield "in process", cells.suites(python, site, url, answers, job.cannot_pass)
        cells.open_site(site)
        for server in job.servers:
            if ENDING.is_set():
                return
            yield server, cells.serve(server, python, site, database, label)


def _same_answers() -> Row:
    """Compare the answers of all jobs, as :mod:`answers` wrote them."""
    texts = {path.read_bytes() for path in ANSWERS.glob("*.json")}
    result = "ok" if len(texts) == 1 and texts != {b""} else "failed: see build/answers"
    return ("all", "all", "all", "same answers from each", result)


def _write(rows: list[Row]) -> None:
    lines = ["| release | Python | database | server | result |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    (BUILD / "matrix.md").write_text("\n".join(lines) + "\n")


def _say(text: str) -> None:
    print(f"{time.monotonic() - STARTED:4.0f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
