# SPDX-License-Identifier: Apache-2.0
"""Failures in the log, each kind at most once a minute."""

from __future__ import annotations

import threading
import time
from typing import Callable

MINUTE = 60.0


class QuietLog:
    """Writes a line for a failure, unless one of its kind was written within a minute.

    Args:
        write: takes the line.
        clock: seconds that only grow.
    """

    def __init__(
        self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._lock = threading.Lock()
        self._written: dict[tuple[str, object], float] = {}

    def failed(self, failure: Exception) -> None:
        """Say what failed, in one line.

        Args:
            failure: its type and its ``status``, where it has one, are its kind.
        """
        kind, now = (type(failure).__name__, getattr(failure, "status", None)), self._clock()
        with self._lock:
            if now - self._written.get(kind, float("-inf")) < MINUTE:
                return
            self._written[kind] = now
        text = " ".join(str(failure).split()) or kind[0]
        self._write(f"No preference for hosts near the image: {text}")
