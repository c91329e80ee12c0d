# SPDX-License-Identifier: Apache-2.0
"""Failures in the log, each at most once a minute."""

from __future__ import annotations

import re
import threading
import time
from typing import Callable

MINUTE = 60.0
MOST = 10
"""Lines a minute, however many different failures there are."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class QuietLog:
    """Writes a line for a failure, unless the same one was written within a minute.

    Args:
        write: takes the line.
        clock: seconds that only grow.
    """

    def __init__(
        self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._lock = threading.Lock()
        self._written: dict[str, float] = {}

    def failed(self, failure: Exception) -> None:
        """Say what failed, in one line.

        Args:
            failure: the same as another one whose text differs in UUIDs alone, those of images
                and of requests.
        """
        text = " ".join(str(failure).split()) or type(failure).__name__
        kind, now = _UUID.sub("", text), self._clock()
        with self._lock:
            self._written = {
                each: when for each, when in self._written.items() if now - when < MINUTE
            }
            if kind in self._written or len(self._written) >= MOST:
                return
            self._written[kind] = now
        self._write(f"No preference for hosts near the image: {text}")
