# SPDX-License-Identifier: Apache-2.0
"""Programs of the bench in processes of their own, told and asked by lines of JSON."""

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


class Program:
    """A running program.

    Args:
        process: its process.

    Attributes:
        pid: its process id.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process, self.pid = process, process.pid

    def ask(self, wanted: object) -> Any:
        """Write a line to it; return what its next line says."""
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return self.read()

    def read(self) -> Any:
        """Return what its next line says.

        Raises:
            RuntimeError: it has ended.
        """
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a program of the bench ended; what it said stands above")
        return json.loads(line)


@contextlib.contextmanager
def running(name: str, *words: str, database: str = "") -> Iterator[Program]:
    """Run a program of this directory for the block; it ends with its standard input.

    Args:
        name: of its file.
        words: its arguments.
        database: the URL of an empty one for its Glance; empty for SQLite.
    """
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent}", "PYTHONWARNINGS": "ignore"}
    environment.pop("TEST_DATABASE_URL", None)
    if database:
        environment["TEST_DATABASE_URL"] = database
    with subprocess.Popen(
        [sys.executable, str(HERE / name), *words],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Program(process)
        process.stdin.close()
