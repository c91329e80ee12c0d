# SPDX-License-Identifier: Apache-2.0
"""One use of a database connection: its opening and its deadline.

No driver bounds all of it. The name lookup has no timeout, PyMySQL bounds each read of the
handshake, psycopg2 under eventlet bounds nothing, and all wait for a frozen server. So a thread
opens the connection while the caller waits for that thread, and the process's watchdog shuts the
socket of a connection whose deadline has passed: the driver then raises.
"""

from __future__ import annotations

import concurrent.futures
import os
import socket
import time
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.net import threads
from glance_cache_nodes.net.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable


class Checkout:
    """One use of a connection.

    Args:
        seconds: that the connection may take to open, and the statements after it.
        in_all: seconds that both may take together.
        leave_pool: gives the turn back.

    Attributes:
        seconds: the same.
        deadline: of the connection first, then of the statements.
        is_open: whether the connection is there and a statement may be sent.
        is_opening: whether the connection is still being opened when the use ends; its turn is
            given back only then.
        may_repeat: whether the statements may be sent again on another connection.
        is_committing: whether a change may have been made although no answer came.
    """

    def __init__(self, seconds: float, in_all: float, leave_pool: Callable[[], None]) -> None:
        self.seconds = seconds
        self.deadline = Deadline(seconds)
        self._connect_by = self.deadline.until
        self._end = self.deadline.until - seconds + in_all
        self.leave_pool = leave_pool
        self.is_open = self.is_opening = self.is_committing = False
        self.may_repeat = True

    def open(self, connect: Callable[[], Any]) -> Any:
        """Return a connection that a thread opens.

        Raises:
            TimeoutError: it is not open by the deadline; it is closed when it is.
            NoThreadError: no thread can be started.
            Exception: what ``connect`` raised.
        """
        outcome: concurrent.futures.Future[Any] = concurrent.futures.Future()
        seconds = self.deadline.left()
        thread = threads.start("cache-nodes-connect", lambda: self._open(connect, outcome))
        try:
            outcome.exception(seconds)
        except concurrent.futures.TimeoutError:
            if outcome.cancel():
                self.is_opening = True
                raise TimeoutError from None
        thread.join()  # a process that forks now would take the locks along that it holds
        return outcome.result()

    def _open(self, connect: Callable[[], Any], outcome: concurrent.futures.Future[Any]) -> None:
        connection, failure = None, None
        try:
            connection = connect()
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller waits
            failure = error
        if not outcome.set_running_or_notify_cancel():
            if connection is not None:
                connection.close()
            self.leave_pool()
        elif failure is not None:
            outcome.set_exception(failure)
        else:
            outcome.set_result(connection)

    def begin_session(self, connection: socket.socket | None) -> None:
        """Go on from the opening to the session, which is set up in the time of the statements."""
        self.deadline.hold(connection)
        self.deadline.until = self._end

    def begin_statements(self, connection: socket.socket | None) -> None:
        """Go on to the statements.

        Args:
            connection: the socket of the connection; None where it has none, as with SQLite.

        Raises:
            TimeoutError: the deadline for the connection has passed.
        """
        self.deadline.hold(connection)
        self.deadline.until = min(time.monotonic() + self.seconds, self._end)
        self.is_open = True
        if self.deadline.is_cut:
            raise TimeoutError

    def begin_again(self) -> bool:
        """Get ready for another connection in the place of a dead one.

        Returns:
            False where that may not be: the statements may have been executed, or it is too late.
        """
        if not self.is_open or not self.may_repeat or self.deadline.is_cut:
            return False
        if time.monotonic() > self._connect_by:
            return False
        self.deadline.hold(None)
        self.deadline.until, self.is_open = self._connect_by, False
        return True


def socket_of(connection: Any) -> socket.socket | None:
    """Return a socket of our own for a driver's connection; None where it has none, as in SQLite.

    A duplicate: the driver may close its own descriptor at any time, and the system then gives
    the number to another connection.
    """
    holder = getattr(connection, "_sock", connection)  # PyMySQL has no fileno of its own
    fileno = getattr(holder, "fileno", None)
    if fileno is None:
        return None
    return socket.socket(fileno=os.dup(fileno()))
