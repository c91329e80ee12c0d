# SPDX-License-Identifier: Apache-2.0
"""A deadline for the use of a database connection, whatever its driver.

Drivers wait for a frozen server without limit, or limit each read and not their sum. Here one
thread of each process shuts the socket of a connection whose use has passed its deadline: the
driver then sees the end of the connection and raises.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_IN_TIME = "no answer within the deadline"
_NEVER = float("inf")
# Seconds between two checks, so that a use that begins meanwhile is not cut much too late.
_SHORTEST, _LONGEST = 0.01, 0.1


class Use:
    """One use of a connection.

    Args:
        deadline: on :func:`time.monotonic`; it may be moved while the use lasts.
        end: the latest deadline that it may be moved to.
        leave_pool: gives the place in the pool back.

    Attributes:
        socket: of the connection; None while there is none, and for SQLite.
        is_open: whether the connection is there and the statement may be sent.
        is_opening: whether the connection is still being opened when the use ends; its place in
            the pool is given back only then.
        is_cut: whether the deadline has passed and the socket was shut.
    """

    __slots__ = ("deadline", "end", "is_cut", "is_open", "is_opening", "leave_pool", "socket")

    def __init__(self, deadline: float, end: float, leave_pool: Callable[[], None]) -> None:
        self.deadline, self.end = deadline, end
        self.leave_pool = leave_pool
        self.socket: socket.socket | None = None
        self.is_open = self.is_opening = self.is_cut = False

    def begin_statement(self, connection: socket.socket | None, deadline: float) -> None:
        """Go on from the connection to the statement.

        Args:
            connection: the socket of the connection.
            deadline: of the statement.

        Raises:
            DatabaseUnavailableError: the deadline for the connection has passed.
        """
        self.socket, self.deadline, self.is_open = connection, min(deadline, self.end), True
        if self.is_cut:
            raise DatabaseUnavailableError(NOT_IN_TIME)

    def begin_again(self, deadline: float) -> None:
        """Use another connection, within a deadline."""
        self.socket, self.deadline, self.is_open = None, deadline, False

    def cut(self) -> None:
        """Shut the socket: the driver's next read or write fails."""
        self.is_cut = True
        if self.socket is not None:
            with contextlib.suppress(OSError):  # the peer has closed it already
                self.socket.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Cuts each use that is watched at its deadline.

    Its thread runs from the first use on, and sleeps while nothing is watched.
    """

    def __init__(self) -> None:
        self._uses: set[Use] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_started = False

    @contextlib.contextmanager
    def watching(self, use: Use) -> Iterator[None]:
        """Watch a use for as long as the block lasts."""
        self._uses.add(use)
        if not self._wake.is_set():
            self._wake.set()
        if not self._is_started:
            self._start()
        try:
            yield
        finally:
            self._uses.discard(use)

    def _start(self) -> None:
        with self._lock:
            if not self._is_started:
                self._is_started = True
                threading.Thread(target=self._run, name="cache-nodes-db", daemon=True).start()

    def _run(self) -> None:
        while True:
            uses = self._uses.copy()
            if not uses:
                self._wake.wait()
                self._wake.clear()
                continue
            now = time.monotonic()
            for use in uses:
                if use.deadline <= now and not use.is_cut:
                    use.cut()
            next_cut = min((use.deadline for use in uses if not use.is_cut), default=_NEVER)
            time.sleep(min(max(next_cut - now, _SHORTEST), _LONGEST))


def socket_of(connection: Any) -> socket.socket | None:
    """Return a socket of our own for a driver's connection.

    A duplicate: the driver may close its own descriptor at any time, and the system then gives
    the number to another connection.

    Args:
        connection: the DBAPI connection.

    Returns:
        None where the connection has none, as with SQLite.
    """
    holder = getattr(connection, "_sock", connection)  # PyMySQL has no fileno of its own
    fileno = getattr(holder, "fileno", None)
    if fileno is None:
        return None
    return socket.socket(fileno=os.dup(fileno()))
