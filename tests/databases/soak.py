# SPDX-License-Identifier: Apache-2.0
"""``make soak``: 32 clients query while random faults befall the connections and the server.

``python tests/databases/soak.py SECONDS SEED`` prints what happened on each database, and ends
with 1 when a row was wrong, a call outlasted its deadline, connections were more than the pool, or
memory grew.
"""

from __future__ import annotations

import collections
import contextlib
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import proxy
import psutil
import servers
import sqlalchemy as sa

import ended_early
import pool_questions
import run_progress
from glance_cache_nodes.exception import DatabaseUnavailableError

CLIENTS, SIZE = 32, pool_questions.POOL_SIZE
BOUND = 2.0  # seconds, so that many faults fit into a run
HANG = 30.0  # seconds on top, which no busy machine needs
GROWTH = 20.0  # MB between the middle and the end of a run


class Soak:
    """One run on one database server."""

    def __init__(self, server: servers.Server, between: proxy.Proxy) -> None:
        url = proxy.through(server.url("soak"), server, between.port)
        self._database = pool_questions.database(url, BOUND)
        self._server, self._proxy = server, between
        self._stop = threading.Event()
        self.counts: collections.Counter[str] = collections.Counter()
        self.slowest = 0.0
        self.most = 0
        self.megabytes: list[float] = []

    def run(self, seconds: float, chance: random.Random) -> None:
        """Query, with a fault every second or so; then see that all answers are right again."""
        threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CLIENTS)]
        for each in threads:
            each.start()
        end, shown = time.monotonic() + seconds, run_progress.Progress(seconds)
        while time.monotonic() < end:
            fault = chance.choice(FAULTS)
            self.counts[f"fault {fault.__name__.strip('_')}"] += 1
            fault(self._server, self._proxy)
            time.sleep(chance.uniform(0.2, 1.5))
            self.most = max(self.most, self._connections())
            self.megabytes.append(psutil.Process().memory_info().rss / 1e6)
            shown.tell(", ".join(f"{self.counts[name]} {name}" for name in ("right", "refused")))
        self._stop.set()
        for each in threads:
            each.join(BOUND + HANG)
        self.counts["hung"] = sum(each.is_alive() for each in threads)
        self.counts["wrong"] += sum(
            not pool_questions.is_right(self._database, number) for number in range(SIZE)
        )

    @property
    def growth(self) -> float:
        """Megabytes by which memory grew in the second half."""
        half = len(self.megabytes) // 2
        return max(self.megabytes[half:]) - max(self.megabytes[: half + 1])

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        bad = self.counts["wrong"] + self.counts["hung"] + self.counts["errors"]
        in_time = self.slowest < BOUND + HANG
        return not bad and in_time and self.most <= SIZE and self.growth < GROWTH

    def _ask(self) -> None:
        chance = random.Random()
        while not self._stop.is_set():
            number, started = chance.randrange(10**6), time.monotonic()
            try:
                right = pool_questions.is_right(self._database, number)
                self.counts["right" if right else "wrong"] += 1
            except DatabaseUnavailableError:
                self.counts["refused"] += 1
                time.sleep(0.05)
            except Exception as error:  # noqa: BLE001 - it is what the run is after
                self.counts["errors"] += 1
                print(f"  {type(error).__name__}: {error}")
            self.slowest = max(self.slowest, time.monotonic() - started)

    def _connections(self) -> int:
        with contextlib.suppress(sa.exc.OperationalError):
            return self._server.connections()
        return 0


def _kill_one(server: servers.Server, _proxy: proxy.Proxy) -> None:
    with contextlib.suppress(sa.exc.OperationalError, IndexError):
        number = server.execute(server.kind.connections)[0][0]
        server.execute(server.kind.kill.format(id=number))


def _kill_all(server: servers.Server, _proxy: proxy.Proxy) -> None:
    # Without a wait until all have gone: 32 clients open new ones at once.
    with contextlib.suppress(sa.exc.OperationalError):
        server.kill_those_there()


def _reset_all(_server: servers.Server, between: proxy.Proxy) -> None:
    between.reset()


def _trickle(_server: servers.Server, between: proxy.Proxy) -> None:
    between.pause = 0.05
    time.sleep(2 * BOUND)
    between.pause = 0.0
    between.reset()


def _freeze(server: servers.Server, _proxy: proxy.Proxy) -> None:
    server.freeze()
    time.sleep(2 * BOUND)
    server.thaw()


def _restart(server: servers.Server, _proxy: proxy.Proxy) -> None:
    server.stop()
    server.start()


FAULTS = (_kill_one, _kill_one, _kill_one, _kill_all, _reset_all, _trickle, _freeze, _restart)


def main(seconds: float, seed: int) -> int:
    """Return the exit status."""
    ended_early.clean_up()
    print(
        f"seed {seed}, {seconds:g} s on each database, {CLIENTS} clients, pool {SIZE}", flush=True
    )
    failed = 0
    for kind in (servers.mariadb, servers.postgresql):
        with kind() as server, proxy.running(server) as between:
            soak = Soak(server, between)
            soak.run(seconds, random.Random(seed))
            print(f"{server.kind.package}: {dict(sorted(soak.counts.items()))}")
            print(
                f"  slowest call {soak.slowest:.1f} s of {BOUND:g} s, at most {soak.most} "
                f"connections, memory {soak.growth:+.1f} MB in the second half"
            )
            failed += not soak.is_good
    print(f"{2 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
