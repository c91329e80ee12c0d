# SPDX-License-Identifier: Apache-2.0
"""Lines about a long run, not more than one in ten seconds."""

from __future__ import annotations

import time

EVERY = 10.0  # seconds


class Progress:
    """The progress of a run, on standard output.

    Args:
        seconds: that the run takes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start = self._told = time.monotonic()

    def tell(self, counts: str) -> None:
        """Print what has happened so far, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._told >= EVERY:
            self._told = now
            print(f"  {now - self._start:.0f} s of {self._seconds:g}: {counts}", flush=True)
