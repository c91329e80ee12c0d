# SPDX-License-Identifier: Apache-2.0
"""A bound for drivers that have none: PostgreSQL's waits for a frozen server for ever.

All of it works with threads and, where eventlet has made them green, under eventlet.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator


def connect_within(seconds: float, connect: Callable[[], Any], failure: Exception) -> Any:
    """Open a connection, and give up in time.

    Under eventlet, PostgreSQL's driver knows no ``connect_timeout``.

    Args:
        seconds: the bound.
        connect: opens the connection; one that comes too late is closed.
        failure: what to raise then.

    Raises:
        Exception: ``failure``, or what ``connect`` raised.
    """
    outcome: concurrent.futures.Future[Any] = concurrent.futures.Future()
    threading.Thread(target=_open, args=(connect, outcome), daemon=True).start()
    try:
        return outcome.result(seconds)
    except concurrent.futures.TimeoutError:
        if outcome.cancel():
            raise failure from None
        return outcome.result()  # it came at the last moment


def _open(connect: Callable[[], Any], outcome: concurrent.futures.Future[Any]) -> None:
    try:
        connection = connect()
    except Exception as error:  # noqa: BLE001 - it is raised where the connection is waited for
        if outcome.set_running_or_notify_cancel():
            outcome.set_exception(error)
        return
    if outcome.set_running_or_notify_cancel():
        outcome.set_result(connection)
    else:
        connection.close()


@contextlib.contextmanager
def cut_off(connection: Any, seconds: float) -> Iterator[None]:
    """Cut the network connection when the body takes too long, so that it ends with an error.

    Args:
        connection: a SQLAlchemy connection; only those to PostgreSQL are watched, the other
            drivers keep their own time.
        seconds: the bound.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    # A descriptor of our own cannot be taken over by another connection while the timer runs.
    wire = socket.socket(fileno=os.dup(connection.connection.dbapi_connection.fileno()))
    timer = threading.Timer(seconds, _shut_down, (wire,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        wire.close()


def _shut_down(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
