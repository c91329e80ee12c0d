# SPDX-License-Identifier: Apache-2.0
"""A semaphore that is acquired in the order in which its callers came.

The semaphores and queues of Python's standard library give no such order, and neither does
SQLAlchemy's pool: under load some callers wait until they time out.
"""

from __future__ import annotations

import collections
import threading


class FairSemaphore:
    """A semaphore with a first-in, first-out queue.

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
