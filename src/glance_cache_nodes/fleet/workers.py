# SPDX-License-Identifier: Apache-2.0
"""The threads in which this process asks other nodes: bounded and shared fairly."""

from __future__ import annotations

import collections
import functools
import threading
from typing import Callable, Protocol

from oslo_log import log

LOG = log.getLogger(__name__)

Job = Callable[[], None]

OWN = 4
"""Threads that each call has for itself, so that calls whose nodes hang leave it some."""


class Source(Protocol):
    """A call that has jobs to do."""

    def take(self) -> Job | None:
        """Return a job that may start now, or None."""

    def is_exhausted(self) -> bool:
        """Return whether no job is left."""


class Workers:
    """The threads. They start with the first job and end after the last.

    Args:
        limit: how many there are at most, besides those that each call has for itself.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._running = limit, 0
        self._sources: collections.deque[Source] = collections.deque()
        self._lock = threading.Lock()

    def share(self) -> int:
        """Return each call's share of the threads."""
        return OWN + self._limit // max(1, len(self._sources))

    def add(self, source: Source, wanted: int) -> None:
        """Run the jobs of a call.

        Args:
            source: the call.
            wanted: how many threads it can use.
        """
        with self._lock:
            self._sources.append(source)
        own = min(wanted, OWN)
        _start(own, functools.partial(self._run, lambda: self._next_of(source)))
        self.start(wanted - own)

    def start(self, wanted: int) -> None:
        """Start threads up to the limit; one without a job ends at once."""
        with self._lock:
            new = max(0, min(wanted, self._limit - self._running))
            self._running += new
        started = _start(new, functools.partial(self._run, self._next))
        with self._lock:
            self._running -= new - started

    def remove(self, source: Source) -> None:
        """Forget a call whose time is over; running jobs go on."""
        with self._lock:
            if source in self._sources:
                self._sources.remove(source)

    def _run(self, following: Callable[[], Job | None]) -> None:
        while True:
            job = following()
            if job is None:
                return
            job()

    def _next_of(self, source: Source) -> Job | None:
        with self._lock:
            return source.take() if source in self._sources else None

    def _next(self) -> Job | None:
        with self._lock:
            for source in list(self._sources):
                self._sources.rotate(-1)  # behind the others, which have their turn first
                job = source.take()
                if source.is_exhausted():
                    self._sources.remove(source)
                if job is not None:
                    return job
            self._running -= 1
            return None


def _start(count: int, target: Job) -> int:
    """Start threads; return how many there are, which may be fewer than wanted."""
    for number in range(count):
        thread = threading.Thread(target=target, name="cache-nodes-fleet", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            LOG.warning("Of %d new threads to ask nodes with, %d began: %s", count, number, error)
            return number
    return count
