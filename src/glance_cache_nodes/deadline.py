# SPDX-License-Identifier: Apache-2.0
"""A bound for drivers that have none: PostgreSQL's waits for a frozen server for ever."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


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
