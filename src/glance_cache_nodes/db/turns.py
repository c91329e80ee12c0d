# SPDX-License-Identifier: Apache-2.0
"""A gate that lets so many through at once, in the order in which they came.

The semaphores and queues of Python's standard library give no such order: whoever happens to run
is first, and under load others wait for ever.
"""

from __future__ import annotations

import collections
import threading


class Turns:
    """The gate.

    Args:
        count: how many may be through at once.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: collections.deque[threading.Event] = collections.deque()
        self._lock = threading.Lock()

    def take(self, seconds: float) -> bool:
        """Wait for a turn, which is to be given back.

        Args:
            seconds: how long at most.

        Returns:
            False when none came in that time.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(max(0.0, seconds)):
            return True
        with self._lock:
            if turn.is_set():  # it came at the last moment
                return True
            self._waiting.remove(turn)
        return False

    def give(self) -> None:
        """Give a turn back: to whoever has waited for the longest time."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
