# SPDX-License-Identifier: Apache-2.0
"""The programs of ``make nova``: each in a process group of its own, ended by its id."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import nova_environment

import waiting
from glance_cache_nodes_lab import launch, process


class Programs:
    """Starts programs, and ends them all.

    Args:
        directory: where each has its log, ``NAME.log``.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running: dict[str, process.Process] = {}
        self._ended: list[process.Process] = []

    def start(
        self, name: str, argv: Sequence[str | Path], variables: Mapping[str, str] | None = None
    ) -> None:
        """Start a program; it ends with this process, even when that is killed."""
        # Only the main thread may: the kernel takes its end for that of the process.
        dying = [shutil.which("setpriv"), "--pdeathsig", "KILL"]
        words = [*(dying if dying[0] else []), *map(str, argv)]
        environment = {**nova_environment.variables(), **(variables or {})}
        with process.undisturbed():
            self._running[name] = process.spawn(words, environment, self.log(name))

    def log(self, name: str) -> Path:
        """Return the program's log."""
        return self.directory / f"{name}.log"

    def check(self) -> None:
        """Raise RuntimeError where a program has ended that should run."""
        for name, each in self._running.items():
            if not process.is_running(each):
                said = launch.last_words(self.log(name))
                raise RuntimeError(f"{name} has ended: {said}; see {self.log(name)}")

    def wait(self, what: str, condition) -> None:
        """Wait until the condition holds.

        Raises:
            RuntimeError: a program has ended, or it does not come to hold.
        """

        def holds() -> bool:
            self.check()
            with contextlib.suppress(OSError):
                return condition()
            return False

        if not waiting.until(holds, every=0.2):
            raise RuntimeError(f"gave up waiting: {what}; see the logs in {self.directory}")

    def end(self, *names: str) -> None:
        """End these programs, or all: asked first, then killed, with the children they have."""
        chosen = [self._running.pop(name) for name in names or list(self._running)]
        process.stop(chosen)
        self._ended += chosen
        for each in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)

    def left(self) -> list[int]:
        """Return the ids of processes that are left of those that were ended."""
        groups = {each.pid for each in self._ended}
        deadline = time.monotonic() + 10
        while (found := _in_groups(groups)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found


def _in_groups(groups: set[int]) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        with contextlib.suppress(OSError):
            if os.getpgid(pid) in groups and process.identify(pid):
                found.append(pid)
    return found
