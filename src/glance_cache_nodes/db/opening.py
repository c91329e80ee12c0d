# SPDX-License-Identifier: Apache-2.0
"""Open a database connection within a deadline, also where a name server or a handshake hangs.

No driver bounds all of it: the name lookup has no timeout, PyMySQL bounds each read of the
handshake, and psycopg2 under eventlet bounds nothing. So a thread opens the connection, and the
caller waits for that thread.
"""

from __future__ import annotations

import concurrent.futures
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def open_within(
    timeout: float, connect: Callable[[], Any], finished_late: Callable[[], None]
) -> Any | None:
    """Open a connection.

    Args:
        timeout: seconds to wait at most.
        connect: opens the connection; one that comes too late is closed.
        finished_late: is called when ``connect`` ends after this call has timed out.

    Returns:
        The connection; None when it was not open in that time.

    Raises:
        Exception: what ``connect`` raised.
    """
    outcome: concurrent.futures.Future[Any] = concurrent.futures.Future()
    thread = threading.Thread(target=_open, args=(connect, outcome, finished_late), daemon=True)
    thread.start()
    try:
        outcome.exception(timeout)
    except concurrent.futures.TimeoutError:
        if outcome.cancel():
            return None
    thread.join()  # a process that forks now would take the locks along that it holds
    return outcome.result()


def _open(
    connect: Callable[[], Any],
    outcome: concurrent.futures.Future[Any],
    finished_late: Callable[[], None],
) -> None:
    connection, failure = None, None
    try:
        connection = connect()
    except BaseException as error:  # noqa: BLE001 - it is raised where the connection is waited for
        failure = error
    if not outcome.set_running_or_notify_cancel():
        if connection is not None:
            connection.close()
        finished_late()
    elif failure is not None:
        outcome.set_exception(failure)
    else:
        outcome.set_result(connection)
