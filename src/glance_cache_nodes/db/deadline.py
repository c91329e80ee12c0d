# SPDX-License-Identifier: Apache-2.0
"""Bounds that drivers do not have, for threads, and for the green ones of eventlet."""

from __future__ import annotations

import concurrent.futures
import select
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def connect_within(seconds: float, connect: Callable[[], Any], failure: Exception) -> Any:
    """Open a connection, and give up in time, also where the name server does not answer.

    Args:
        seconds: the bound.
        connect: opens the connection; one that comes too late is closed.
        failure: what to raise then.

    Raises:
        Exception: ``failure``, or what ``connect`` raised.
    """
    outcome: concurrent.futures.Future[Any] = concurrent.futures.Future()
    thread = threading.Thread(target=_open, args=(connect, outcome), daemon=True)
    thread.start()
    try:
        outcome.exception(seconds)
    except concurrent.futures.TimeoutError:
        if outcome.cancel():
            raise failure from None
    thread.join()  # a process that forks now would take the locks along that it holds
    return outcome.result()


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


def is_ready(descriptor: int, seconds: float, *, writing: bool) -> bool:
    """Wait until a network connection can be read from or written to.

    Args:
        descriptor: its file descriptor.
        seconds: the bound.
        writing: whether to wait for writing, instead of reading.

    Returns:
        False when the bound has passed before.
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    # eventlet takes poll away; its own select knows no highest descriptor, as the real one does.
    reading, written = ([], [descriptor]) if writing else ([descriptor], [])
    return any(select.select(reading, written, [], seconds))
