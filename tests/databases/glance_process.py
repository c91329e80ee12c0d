# SPDX-License-Identifier: Apache-2.0
"""A handle on `glance_program.py`, which runs in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
BOUND = 30.0  # seconds that it has to end


@dataclass(frozen=True)
class Answer:
    """How a call ended.

    Args:
        seconds: how long it took.
        status: of HTTP.
        retry_after: the header; None where there was none.
        body: the JSON.
    """

    seconds: float
    status: int
    retry_after: str | None
    body: dict


class Glance:
    """Glance in another process; ``log`` is what it logged during the last calls."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.log = ""
        self._process.stdout.readline()  # the image's id: it is ready

    def ask(self, calls: int = 1, threads: int = 1) -> list[Answer]:
        """Make so many calls, so many at once."""
        self._process.stdin.write(f"{calls} {threads}\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        self.log = said["log"]
        return [Answer(**each) for each in said["answers"]]


@contextlib.contextmanager
def running(url: str) -> Iterator[Glance]:
    """Run Glance on the database at this URL."""
    paths = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        [sys.executable, str(HERE / "glance_program.py")],
        env={**os.environ, "TEST_DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Glance(process)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=BOUND)  # it ends with its standard input, and cleans up
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
