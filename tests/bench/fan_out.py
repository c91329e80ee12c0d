# SPDX-License-Identifier: Apache-2.0
"""How long it takes to ask many nodes, on real sockets."""

from __future__ import annotations

import contextlib
import dataclasses
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "fleet"))

import fleets
import peer_servers
from peer_servers import IMAGE
from rounds import Ratio

from glance_cache_nodes.fleet import verify

HERE = Path(__file__).parent
TIMEOUT = 10.0  # seconds: the default of fleet_timeout
LIVE, DEAD, SILENT = 500, 250, 250  # nodes
CALLERS = 20
DELAYS = [20 + 2 * number for number in range(100)]  # milliseconds: of 100 live nodes
ROUNDS = 3


@dataclasses.dataclass(frozen=True)
class FanOut:
    """What was measured.

    Attributes:
        over_deadline: seconds that a call to 1,000 nodes, half of them dead or silent, took
            beyond its deadline; negative when it took less.
        outcomes: how many of the nodes had which.
        verify_over_slowest: a call to 100 live nodes against the slowest one's own answer.
        many_over_deadline: the first, of the slowest of 20 such calls at once.
        threads: the most that there were in that time.
        memory: MiB that the process grew by then.
    """

    over_deadline: Ratio
    outcomes: dict[str, int]
    verify_over_slowest: Ratio
    many_over_deadline: float
    threads: int
    memory: float


def measure() -> FanOut:
    """Measure all of it."""
    with _servers() as (live, silent):
        nodes = mixed(live, silent)
        rounds = [_seconds(nodes) for _ in range(ROUNDS)]
        slowest = [f"http://127.0.5.{number}:{live}/{wait}" for number, wait in enumerate(DELAYS)]
        ratios = [_seconds(slowest)[0] / _seconds(slowest[-1:])[0] for _ in range(ROUNDS)]
        before = _memory()
        many, threads = _at_once(nodes)
    return FanOut(
        Ratio([seconds - TIMEOUT for seconds, _ in rounds]),
        rounds[0][1],
        Ratio(ratios),
        many - TIMEOUT,
        threads,
        _memory() - before,
    )


def mixed(live: int, silent: int) -> list[str]:
    """Return 1,000 nodes, half of them dead or silent, all kinds mixed."""
    dead = int(peer_servers.closed_port().rpartition(":")[2])
    ports = [live] * LIVE + [dead] * DEAD + [silent] * SILENT
    order = sorted(range(len(ports)), key=lambda number: number * 7919 % len(ports))
    return [f"http://127.0.{n // 250 + 1}.{n % 250 + 1}:{ports[n]}/0" for n in order]


@contextlib.contextmanager
def _servers() -> Iterator[tuple[int, int]]:
    command = [sys.executable, str(HERE / "fleet_program.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        live, silent = process.stdout.readline().split()
        yield int(live), int(silent)
        process.stdin.close()


def _seconds(nodes: list[str]) -> tuple[float, dict[str, int]]:
    fleet = fleets.fleet(timeout=TIMEOUT)
    started = time.perf_counter()
    answers = verify.ask(fleets.begin(fleet), IMAGE, nodes)
    return time.perf_counter() - started, dict(Counter(answer.state for answer in answers))


def _at_once(nodes: list[str]) -> tuple[float, int]:
    fleet = fleets.fleet(timeout=TIMEOUT)
    most, took = 0, []

    def call() -> None:
        started = time.perf_counter()
        verify.ask(fleets.begin(fleet), IMAGE, nodes)
        took.append(time.perf_counter() - started)

    callers = [threading.Thread(target=call) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    while any(caller.is_alive() for caller in callers):
        most = max(most, threading.active_count() - CALLERS)
        time.sleep(0.05)
    return max(took), most


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(measure())
