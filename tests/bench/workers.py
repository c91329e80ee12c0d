# SPDX-License-Identifier: Apache-2.0
"""A handle on `worker.py`, Glance in a process of its own on a database of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Worker:
    """A running worker.

    Args:
        process: of ``worker.py``; its database is full when this returns.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._read()

    def measure(self, what: str, calls: int) -> dict[str, float]:
        """Make calls of a pipeline; return seconds a call, ``elapsed`` and ``cpu``."""
        return self._ask({"what": what, "calls": calls})

    def explain(self) -> list[str]:
        """Return the database's plan for the question."""
        return self._ask({"explain": True})

    def shares(self, what: str, calls: int) -> dict[str, float]:
        """Make calls of a pipeline; return the share of each package in the time that they take."""
        return self._ask({"what": what, "calls": calls, "profile": True})

    def statements(self, what: str, calls: int) -> int:
        """Make calls of a pipeline; return how many statements its connections sent to SQLite."""
        return self._ask({"what": what, "calls": calls, "count": True})["statements"]

    def _ask(self, wanted: dict[str, Any]) -> Any:
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a worker of the bench ended; what it said stands above")
        return json.loads(line)


@contextlib.contextmanager
def running(
    url: str, rows: int = 1000, nodes_per_image: int = 2, nodes: int = 2
) -> Iterator[Worker]:
    """Run Glance for the block.

    Args:
        url: of an empty database; empty for SQLite.
        rows: how many cache records to fill it with.
        nodes_per_image: how many nodes hold each image.
        nodes: how many nodes there are.
    """
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent}", "PYTHONWARNINGS": "ignore"}
    environment.pop("TEST_DATABASE_URL", None)
    if url:
        environment["TEST_DATABASE_URL"] = url
    words = [str(rows), str(nodes_per_image), str(nodes)]
    with subprocess.Popen(
        [sys.executable, str(HERE / "worker.py"), *words],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Worker(process)
        process.stdin.close()
