# SPDX-License-Identifier: Apache-2.0
"""Log lines about a database that does not answer: at most one a second."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BETWEEN = 1.0
"""Seconds between two lines."""


class DatabaseErrorLog:
    """The database failures of a process, and its log lines.

    Args:
        log: the logger.
        clock: returns monotonic seconds.
    """

    def __init__(self, log: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._lock = threading.Lock()
        self._written = -BETWEEN
        self._untold = 0

    def count(self, error: BaseException) -> None:
        """Count a call that got 503, and write a line if the last one is old enough.

        Args:
            error: why the database did not answer; its text may not have a secret.
        """
        reason = " ".join(str(error).split())
        with self._lock:
            self._untold += 1
            if not self._may_write():
                return
            more = f" (and {self._untold - 1} more since the last such line)"
            self._log.error("Database failure: %s%s", reason, more if self._untold > 1 else "")
            self._untold = 0

    def end(self) -> None:
        """Log the number of failed calls that no line has counted yet, after a call succeeded."""
        if not self._untold:
            return
        with self._lock:
            if self._untold and self._may_write():
                self._log.error(
                    "Database failure: %d more calls before one was answered again", self._untold
                )
                self._untold = 0

    def _may_write(self) -> bool:
        now = self._clock()
        if now - self._written < BETWEEN:
            return False
        self._written = now
        return True
