# SPDX-License-Identifier: Apache-2.0
"""Limits of the use of the database: callers wait in order, and commands for a limited time."""

from __future__ import annotations

import collections
import contextlib
import threading
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator


# The part of a budget that a server leaves when it ends a statement before we do, and a bit more.
_REST = 0.15


class Budget:
    """The time that a command may wait for the database, in all its calls together."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._left = seconds, seconds
        self._since: float | None = None  # since when the current call waits

    def __str__(self) -> str:
        return (
            f"no answer within the {self._seconds:g} seconds that a command may wait for the "
            "database (command_database_timeout)"
        )

    @property
    def is_used_up(self) -> bool:
        """Whether it is, but for what a server leaves that ends a statement before we do."""
        waited = time.monotonic() - self._since if self._since else 0.0
        return self._left - waited < _REST * self._seconds

    @contextlib.contextmanager
    def spending(self) -> Iterator[float]:
        """Give the remaining seconds to the block, and take away what it needs of them.

        Raises:
            DatabaseUnavailableError: none remain.
        """
        if self._left <= 0:
            raise DatabaseUnavailableError(str(self))
        self._since = time.monotonic()
        try:
            yield self._left
        finally:
            self._left -= time.monotonic() - self._since
            self._since = None


class FairSemaphore:
    """A semaphore with a first-in, first-out queue.

    The semaphores and queues of Python's standard library give no such order, and neither does
    SQLAlchemy's pool: under load some callers wait until they time out.

    Args:
        count: how many callers may hold it at once.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: collections.deque[threading.Event] = collections.deque()
        self._lock = threading.Lock()

    def acquire(self, timeout: float) -> bool:
        """Wait for the semaphore; a caller that gets it calls :meth:`release` later.

        Args:
            timeout: seconds to wait at most.

        Returns:
            False if that time has passed.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            granted = threading.Event()
            self._waiting.append(granted)
        if granted.wait(max(0.0, timeout)):
            return True
        with self._lock:
            if granted.is_set():  # between the timeout and the lock
                return True
            self._waiting.remove(granted)
        return False

    def release(self) -> None:
        """Hand the semaphore to the caller that has waited for the longest time."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
