# SPDX-License-Identifier: Apache-2.0
"""Lookups of host names, with a deadline.

Nothing can end a lookup of the operating system. So it runs in a thread of its own, which a caller
leaves behind when its time is over: at most one for each name, and at most ``limit`` in all. Names
that were too slow once may have half of these threads, so that they leave some to all others.
"""

from __future__ import annotations

import collections
import time
from typing import TYPE_CHECKING, Any, Callable

from glance_cache_nodes.exception import CONNECTION, NodeError, NoThreadError
from glance_cache_nodes.net import threads

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 128
"""Lookups of a process at once, those that were left behind included."""

# Seconds between two looks of a green thread, which a native thread cannot wake; they double.
_FIRST_LOOK, _LAST_LOOK = 0.001, 0.05

Address = tuple[int, tuple[Any, ...]]
"""A family of addresses, and a socket address with an unset port."""


class _Lookup:
    """A lookup that callers wait for together."""

    def __init__(self, host: str, wanted_until: float, *, is_slow: bool) -> None:
        self.host, self.wanted_until, self.is_slow = host, wanted_until, is_slow
        self.addresses: Sequence[Address] = ()
        self.error: str | None = None
        self._done = threads.native("threading").Event()

    def run(self, look_up: Callable[[str], Sequence[Address]]) -> None:
        """Look the name up, if somebody still waits."""
        try:
            if time.monotonic() < self.wanted_until:
                self.addresses = look_up(self.host)
        except Exception as error:  # noqa: BLE001 - who waits is told, and the thread goes on
            self.error = str(getattr(error, "strerror", None) or error)
        finally:
            self._done.set()

    def end(self, reason: str) -> None:
        """Tell those who wait that there is no answer, and why."""
        self.error = reason
        self._done.set()

    def wait(self, until: float) -> bool:
        """Return whether it was done in time."""
        if not threads.is_patched():
            return bool(self._done.wait(max(0.0, until - time.monotonic())))
        pause = _FIRST_LOOK
        while not self._done.is_set() and time.monotonic() < until:
            time.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK)
        return bool(self._done.is_set())


class Names:
    """The lookups of this process.

    Args:
        look_up: returns the addresses of a host; None for the operating system's way.
        limit: lookups at once.
    """

    def __init__(
        self, look_up: Callable[[str], Sequence[Address]] | None = None, limit: int = LIMIT
    ) -> None:
        self._look_up = look_up or _of_system
        self._limit, self._threads, self._slow_threads = limit, 0, 0
        self._pending: dict[str, _Lookup] = {}
        self._slow: set[str] = set()
        self._queue: collections.deque[_Lookup] = collections.deque()
        self._slow_queue: collections.deque[_Lookup] = collections.deque()
        self._lock = threads.native("threading").Lock()

    def addresses(self, host: str, until: float) -> Sequence[Address]:
        """Return the addresses of a host, at least one.

        Args:
            host: a name or an address.
            until: when the caller stops to wait, by the monotonic clock.

        Raises:
            NodeError: it has none, or they were not found in time.
        """
        numeric = _if_numeric(host)
        if numeric:
            return numeric
        lookup = self._join(host, until)
        if not lookup.wait(until):
            self._slow.add(host)
            raise NodeError(CONNECTION, f"the name {host} was not resolved in time")
        if not lookup.addresses:
            reason = lookup.error or "no address"
            raise NodeError(CONNECTION, f"the name {host} does not resolve: {reason}")
        return lookup.addresses

    def _join(self, host: str, until: float) -> _Lookup:
        with self._lock:
            lookup = self._pending.get(host)
            if lookup is None:
                lookup = _Lookup(host, until, is_slow=host in self._slow)
                self._pending[host] = lookup
                (self._slow_queue if lookup.is_slow else self._queue).append(lookup)
                self._start_thread()
            lookup.wanted_until = max(lookup.wanted_until, until)
            return lookup

    def _start_thread(self) -> None:
        """Start one more thread, if there may be one; where none is left, nobody would look up."""
        if self._threads >= self._limit:
            return
        try:
            threads.start("cache-nodes-names", self._run, threads.native("threading"))
        except NoThreadError as error:
            if not self._threads:
                self._refuse_all(str(error))
        else:
            self._threads += 1

    def _refuse_all(self, reason: str) -> None:
        for lookup in (*self._queue, *self._slow_queue):
            lookup.end(reason)
        self._queue.clear()
        self._slow_queue.clear()
        self._pending.clear()

    def _run(self) -> None:
        while True:
            lookup = self._next()
            if lookup is None:
                return
            lookup.run(self._look_up)
            with self._lock:
                del self._pending[lookup.host]
                self._slow_threads -= lookup.is_slow
                if time.monotonic() < lookup.wanted_until:
                    self._slow.discard(lookup.host)

    def _next(self) -> _Lookup | None:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            if self._slow_queue and 2 * self._slow_threads < self._limit:
                self._slow_threads += 1
                return self._slow_queue.popleft()
            self._threads -= 1
            return None


def _of_system(host: str, flags: int = 0) -> Sequence[Address]:
    socket = threads.native("socket")
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]


def _if_numeric(host: str) -> Sequence[Address]:
    socket = threads.native("socket")
    try:
        return _of_system(host, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ()
