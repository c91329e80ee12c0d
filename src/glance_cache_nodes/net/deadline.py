# SPDX-License-Identifier: Apache-2.0
"""A deadline for the use of a socket, whatever uses it.

Libraries limit each read or write and not their sum, and some wait without limit. Here one thread
of the process shuts a socket whose deadline has passed: whoever reads from it or writes to it then
sees the end of the connection.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.net import threads

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEVER = float("inf")
# Seconds between two checks: a deadline that is set meanwhile must not be kept much too late.
_SHORTEST, _LONGEST = 0.01, 0.1


class Deadline:
    """A deadline, and the socket that is shut then.

    Attributes:
        seconds: the same.
        until: the deadline, by the monotonic clock; it may be moved.
        socket: what is shut; None while there is none.
        is_cut: whether the socket was shut, or would have been.
    """

    __slots__ = ("_lock", "is_cut", "seconds", "socket", "until")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self.socket: socket.socket | None = None
        self.is_cut = False
        self._lock = threading.Lock()

    def left(self) -> float:
        """Return the remaining seconds.

        Raises:
            TimeoutError: none are.
        """
        left = self.until - time.monotonic()
        if self.is_cut or left <= 0:
            raise TimeoutError
        return left

    def is_over(self) -> bool:
        """Return whether the deadline has passed."""
        return self.is_cut or time.monotonic() >= self.until

    def cut(self) -> None:
        """End it now: what reads from the socket or writes to it fails."""
        with self._lock:
            self.is_cut = True
            if self.socket is not None:
                with contextlib.suppress(OSError):  # the other side has closed it already
                    self.socket.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def holding(self, connection: socket.socket) -> Iterator[None]:
        """Let :meth:`cut` shut this socket during the block."""
        # A duplicate: the descriptor of a socket that is closed meanwhile may be another one's.
        own = socket.socket(fileno=os.dup(connection.fileno()))
        self.hold(own)
        try:
            yield
        finally:
            self.hold(None)
            own.close()

    def hold(self, connection: socket.socket | None) -> None:
        """Shut this socket at the deadline, which may have passed; None for none any more."""
        with self._lock:
            self.socket = connection
            is_late = self.is_cut and connection is not None
        if is_late:
            self.cut()


class Watchdog:
    """Cuts each deadline that is watched when it has passed.

    Its thread runs from the first deadline on, and sleeps while nothing is watched.
    """

    def __init__(self) -> None:
        self._watched: set[Deadline] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_started = False

    @contextlib.contextmanager
    def watching(self, deadline: Deadline) -> Iterator[None]:
        """Watch a deadline for as long as the block lasts.

        Raises:
            NoThreadError: the thread is not there and cannot be started now.
        """
        self._watched.add(deadline)
        try:
            if not self._wake.is_set():
                self._wake.set()
            if not self._is_started:
                self._start()
            yield
        finally:
            self._watched.discard(deadline)

    def _start(self) -> None:
        with self._lock:
            if not self._is_started:
                threads.start("cache-nodes-deadlines", self._run)
                self._is_started = True

    def _run(self) -> None:
        while True:
            watched = self._watched.copy()
            if not watched:
                self._wake.wait()
                self._wake.clear()
                continue
            now = time.monotonic()
            for deadline in watched:
                if deadline.until <= now and not deadline.is_cut:
                    deadline.cut()
            following = min((each.until for each in watched if not each.is_cut), default=_NEVER)
            time.sleep(min(max(following - now, _SHORTEST), _LONGEST))


_watchdog = Watchdog()


def watching(deadline: Deadline) -> contextlib.AbstractContextManager[None]:
    """Watch a deadline by the one watchdog of the process, as :meth:`Watchdog.watching`."""
    return _watchdog.watching(deadline)


def _begin_in_child() -> None:
    global _watchdog  # noqa: PLW0603 - a child has none of its parent's threads
    _watchdog = Watchdog()


os.register_at_fork(after_in_child=_begin_in_child)
