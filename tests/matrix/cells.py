# SPDX-License-Identifier: Apache-2.0
"""What is tried in an environment; each returns ``ok`` or what was wrong."""

from __future__ import annotations

import collections
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import glance_server
import psutil
import servers

import suites as test_suites

HERE = Path(__file__).parent
TESTS = HERE.parent
BOUND = 900  # seconds for the suites
CLIENTS, REQUESTS = 32, 640
# What two processes may keep after the calls, as the database server counts it: eight of the add-on
# in each, and some of Glance.
MOST_CONNECTIONS = 20
# One that the contract's tests have left behind in the database, and what it is cached on.
IMAGE = "11111111-1111-4111-8111-111111111111"
NODES = {"cached_nodes": ["http://node1:9292", "http://node2:9292"]}
# A busy machine may need longer than the default to open a connection; test_bad_days has bounds.
PATIENT = "\n[cache_nodes]\ndatabase_timeout = 60\n"
SUMMARY = re.compile(r"=* ?(\d+ (?:passed|failed|error).*?) in ")


def suites(python: Path, site: Path, url: str, answers: Path, left_out: Sequence[str]) -> str:
    """Run the suites in process; the site stays for the servers.

    Args:
        python: of the environment.
        site: a new directory.
        url: of an empty database; empty for SQLite.
        answers: the file for what Glance answers to the contract.
        left_out: tests that cannot pass there.
    """
    more = [] if url else test_suites.WITHOUT_SERVER
    files = map(str, [*test_suites.FUNCTIONAL, *more])
    options = [
        "-q",
        "-m",
        "not slow",
        "-p",
        "no:cacheprovider",
        "-p",
        "answers",
        "-c",
        os.devnull,
        "-o",
        f"pythonpath={TESTS}",
    ]
    options += [f"--deselect={name}" for name in left_out]
    done = subprocess.run(
        [str(python), "-m", "pytest", *options, f"--rootdir={TESTS}", *files],
        env=_environment(site, url, answers),
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    if done.returncode == 0:
        return f"ok, but for {' and '.join(left_out)}" if left_out else "ok"
    log = answers.with_suffix(".log")
    log.write_text(done.stdout + done.stderr)
    summary = SUMMARY.search(done.stdout)
    return f"failed: {summary[1] if summary else 'no test ran'}; see build/answers/{log.name}"


def open_site(site: Path) -> None:
    """Let the servers answer everybody, however long the database takes on a busy machine."""
    glance_server.let_everybody_in(site)
    with (site / "glance-api.conf").open("a") as file:
        file.write(PATIENT)


def serve(
    name: str, python: Path, site: Path, database: servers.Server | None, database_name: str
) -> str:
    """Ask Glance under this server, by many clients at once, on what the suites have left.

    Args:
        name: of the server.
        python: of the environment.
        site: where the suites ran.
        database: that Glance uses, if it is a server.
        database_name: which of that server's databases.
    """
    before = _listed(database, database_name)
    try:
        with glance_server.running(name, python, site, IMAGE) as server:
            # Glance itself may open one while it is loaded, which forked workers then inherit;
            # oslo.db sees to it that they do not use it.
            inherited = set(_connections(server, database))
            answers = server.ask(REQUESTS, CLIENTS)
            kept = [each for each in _connections(server, database) if each not in inherited]
            listed = _listed(database, database_name)
    except (OSError, RuntimeError) as error:
        return f"failed: {error}"
    statuses = collections.Counter(answer.status for answer in answers)
    if statuses != {200: REQUESTS} or any(answer.body != NODES for answer in answers):
        return f"failed: {dict(statuses)} {_errors(server.log)}"
    if listed > MOST_CONNECTIONS:
        return f"failed: {listed} connections are kept"
    if len(kept) != len(set(kept)):
        return "failed: processes share a connection"
    if database and not database.has_only(before, database_name):
        left = _listed(database, database_name) - before
        return f"failed: it left {left} connections behind"
    return "ok"


def _errors(log: str) -> str:
    """Return the first line of what went wrong, and where a traceback ends."""
    lines = [line for line in log.splitlines() if " ERROR " in line]
    return " ... ".join([*lines[:1], *lines[1:][-3:]])


def _listed(database: servers.Server | None, name: str) -> int:
    """Return how many connections to this database its server counts."""
    return database.connections(name) if database else 0


def _connections(server: glance_server.Server, database: servers.Server | None) -> list[int]:
    """Return the own ends of the connections to the database, as each process holds them."""
    if not database:
        return []
    parent = psutil.Process(server.process.pid)
    return [
        each.laddr.port
        for process in (parent, *parent.children(recursive=True))
        for each in process.net_connections("tcp")
        if each.raddr and each.raddr.port == database.port
    ]


def _environment(site: Path, url: str, answers: Path) -> dict[str, str]:
    paths = os.pathsep.join(map(str, (TESTS, HERE)))
    changes = {"TEST_SITE": str(site), "ANSWERS": str(answers), "PYTHONPATH": paths}
    # What one run has compiled, the next one need not.
    dropped = {"TEST_DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, **changes, **({"TEST_DATABASE_URL": url} if url else {})}
