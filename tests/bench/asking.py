# SPDX-License-Identifier: Apache-2.0
"""A Glance that asks many nodes, in a process of its own, and what came of its callers."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus

import json_lines
import proc

BOUND = 60  # seconds for one call
NO_ANSWER = 0
LOOK_EVERY = 0.05  # seconds


@dataclass(frozen=True)
class Answer:
    """What one caller got.

    Args:
        seconds: that it took.
        status: of HTTP; NO_ANSWER for none.
        outcomes: how many nodes had which; empty unless the status is 200.
    """

    seconds: float
    status: int
    outcomes: Counter[str]


@dataclass(frozen=True)
class Load:
    """What callers at once got.

    Args:
        answers: of each caller.
        cpu: seconds of Glance's CPU for all of them.
        threads: the most that Glance had.
    """

    answers: list[Answer]
    cpu: float
    threads: int

    @property
    def slowest(self) -> float:
        """Seconds after which all callers had their answer."""
        return max(answer.seconds for answer in self.answers)

    @property
    def statuses(self) -> Counter[int]:
        """How many callers got which status."""
        return Counter(answer.status for answer in self.answers)

    @property
    def outcomes(self) -> Counter[str]:
        """How many nodes had which outcome, of all calls together."""
        return sum((answer.outcomes for answer in self.answers), Counter())


class Glance:
    """A Glance that asks the nodes which its record holds.

    Args:
        program: ``asking_program.py``.

    Attributes:
        threads: how many it has while nobody asks.
        grown: MiB that it has grown by since it was up, after the last call.
    """

    def __init__(self, program: json_lines.Program) -> None:
        self._program = program
        said = program.read()
        self._port = said["port"]
        self._path = f"/v2/cache/nodes/{said['image_id']}/detail?verify=true"
        self.threads, self.grown = proc.threads(program.pid), 0.0
        self._peak = proc.peak(program.pid)

    def register(self, nodes: Sequence[str]) -> None:
        """Let its record hold these nodes, and no others."""
        self._program.ask(nodes)

    def ask(self, callers: int = 1) -> Load:
        """Ask for the image on all nodes, so many callers at once."""
        before = proc.cpu(self._program.pid)
        with ThreadPoolExecutor(callers) as pool:
            calls = [pool.submit(self._call) for _ in range(callers)]
            threads = self._most_threads(calls)
        cpu = proc.cpu(self._program.pid) - before
        self.grown = proc.peak(self._program.pid) - self._peak
        return Load([call.result() for call in calls], cpu, threads)

    def _most_threads(self, calls: list[Future[Answer]]) -> int:
        most = 0
        while wait(calls, LOOK_EVERY).not_done:
            most = max(most, proc.threads(self._program.pid))
        return most

    def _call(self) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=BOUND)
        started = time.perf_counter()
        try:
            connection.request("GET", self._path, headers={"X-Auth-Token": "admin"})
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException):
            status, body = NO_ANSWER, b""
        finally:
            connection.close()
        seconds = time.perf_counter() - started
        rows = json.loads(body)["nodes"] if status == HTTPStatus.OK else []
        return Answer(seconds, status, Counter(row["state"] for row in rows))


@contextlib.contextmanager
def glance(**options: object) -> Iterator[Glance]:
    """Run a Glance with these options of ``[cache_nodes]`` for the block."""
    with json_lines.running("asking_program.py", json.dumps(options)) as program:
        yield Glance(program)
