# SPDX-License-Identifier: Apache-2.0
"""What befalls the nodes during a storm."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from world import World

import run_progress
import waiting
from glance_cache_nodes.exception import UserError

SMALL = 3  # the node with a small disk
MEGABYTES = 24
RECONCILE = ("reconcile", "--fix", "--force")
JOBS = {
    "pruner": f"image_cache_max_size = {MEGABYTES * 500_000}",
    "cleaner": "image_cache_stall_time = 5",
    "prefetcher": "",
}
"""Glance's commands ``glance-cache-...``, each with the options that let it find work."""

Fault = Callable[[random.Random], None]


class Faults:
    """Faults, and reconcile beside them.

    Args:
        world: real nodes.
        server: the database's; None for SQLite, which cannot be restarted.
        has_small_disk: whether a node's cache directory is a small file system.

    Attributes:
        counts: how often each one happened.
    """

    def __init__(self, world: World, server: object | None, *, has_small_disk: bool) -> None:
        self._world, self._server = world, server
        self._nodes = range(1, len(world.lab.nodes) + 1)
        self.counts: collections.Counter[str] = collections.Counter()
        self._is_over = threading.Event()
        # Not ended with a run: the servers end with the thread that has started them.
        self._threads = concurrent.futures.ThreadPoolExecutor(max_workers=2)
        self._of_nodes = [self._kill, self._kill, self._freeze, self._wipe]
        self._of_nodes += [self._fill_disk] if has_small_disk else []
        self._of_record = [self._reconcile, self._kill_reconcile, self._glances_jobs]
        self._of_record += [self._restart_database] if server else []

    def happen(
        self, seconds: float, chance: random.Random, operations: collections.Counter[str]
    ) -> None:
        """Let faults happen for so long: those of nodes, and beside them those of the record.

        Args:
            seconds: how long.
            chance: which one is next.
            operations: what users do meanwhile, for the progress.
        """
        end, shown = time.monotonic() + seconds, run_progress.Progress(seconds)
        decks = (self._of_nodes, self._of_record)
        chances = [random.Random(chance.random()) for _ in decks]
        running = [self._threads.submit(self._deal, *each, end) for each in zip(decks, chances)]
        try:
            while concurrent.futures.wait(running, timeout=1.0).not_done:
                done = sum(operations.copy().values())
                shown.tell(f"{done} operations, {sum(self.counts.copy().values())} faults")
        finally:
            self._is_over.set()
            concurrent.futures.wait(running)  # the nodes last as long as what befalls them
        for each in running:
            each.result()

    def _deal(self, kinds: list[Fault], chance: random.Random, end: float) -> None:
        """Let one fault happen after the other, each kind as often as another."""
        deck: list[Fault] = []
        while time.monotonic() < end and not self._is_over.is_set():
            deck = deck or chance.sample(kinds, len(kinds))
            fault = deck.pop()
            fault(chance)
            self.counts[fault.__name__.strip("_").replace("_", " ")] += 1
            time.sleep(chance.uniform(0.1, 1.5))

    def start_all(self) -> None:
        """Start what does not run, also where the first attempt fails."""
        waiting.until(self._started, every=0.5)

    def _started(self) -> bool:
        try:
            self._world.start()
        except UserError:
            return False
        return True

    def _kill(self, chance: random.Random) -> None:
        self._world.kill(chance.choice(self._nodes))
        time.sleep(chance.uniform(0.0, 0.5))
        self.start_all()

    def _freeze(self, chance: random.Random) -> None:
        """Let a node hang, shorter or longer than a fill waits for a peer."""
        number = chance.choice(self._nodes)
        self._world.freeze(number)
        time.sleep(chance.choice((0.5, 3.0, 8.0)))
        self._world.thaw(number)

    def _wipe(self, chance: random.Random) -> None:
        """Remove all cached files of a node, as a new disk does."""
        for path in list(self._world.cache_dir(chance.choice(self._nodes)).iterdir()):
            if path.is_file():
                path.unlink(missing_ok=True)

    def _restart_database(self, chance: random.Random) -> None:
        self._server.stop()
        time.sleep(chance.uniform(0.0, 1.0))
        self._server.start()

    def _fill_disk(self, chance: random.Random) -> None:
        """Leave no byte free for a while."""
        ballast = self._world.cache_dir(SMALL) / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(100_000))
        time.sleep(chance.uniform(0.5, 2.0))
        ballast.unlink(missing_ok=True)  # a wipe may have come before

    def _reconcile(self, chance: random.Random) -> None:
        """Correct the record of a node while all goes on."""
        self._world.ours(chance.choice(self._nodes), *RECONCILE)

    def _kill_reconcile(self, chance: random.Random) -> None:
        """Kill reconcile at a random moment."""
        number, seconds = chance.choice(self._nodes), chance.uniform(1.0, 6.0)
        self._world.ours_killed(number, seconds, *RECONCILE)

    def _glances_jobs(self, chance: random.Random) -> None:
        """Run what Glance's operators run by cron; each may be killed before its end."""
        for name, options in JOBS.items():
            number, seconds = chance.choice(self._nodes), chance.uniform(2.0, 6.0)
            self._world.glances_killed(number, seconds, name, options)


@contextlib.contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """Mount a small file system there for the block; return whether that was possible."""
    directory.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", str(directory)]
    is_mounted = os.geteuid() == 0 and not subprocess.run(words, check=False).returncode
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(directory)], check=True)
