# SPDX-License-Identifier: Apache-2.0
"""A handle on `worker.py`, Glance in a process of its own on a database of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import json_lines
from rounds import Cost


class Worker:
    """A running worker.

    Args:
        program: ``worker.py``; its database is full when this returns.
    """

    def __init__(self, program: json_lines.Program) -> None:
        self._program = program
        program.read()

    def measure(self, what: str, calls: int, caller: str = "admin") -> Cost:
        """Make calls of a pipeline; return the cost of one."""
        figures = self._program.ask({"what": what, "calls": calls, "caller": caller})
        return Cost(figures["elapsed"], figures["cpu"])

    def explain(self) -> list[str]:
        """Return the database's plan for the question."""
        return self._program.ask({"explain": True})

    def shares(self, what: str, calls: int) -> dict[str, float]:
        """Make calls of a pipeline; return the share of each package in the time that they take."""
        wanted = {"what": what, "calls": calls, "caller": "admin", "profile": True}
        return self._program.ask(wanted)

    def statements(self, what: str, calls: int) -> int:
        """Make calls of a pipeline; return how many statements its connections sent to SQLite."""
        wanted = {"what": what, "calls": calls, "caller": "admin", "count": True}
        return self._program.ask(wanted)["statements"]


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
    words = [str(rows), str(nodes_per_image), str(nodes)]
    with json_lines.running("worker.py", *words, database=url) as program:
        yield Worker(program)
