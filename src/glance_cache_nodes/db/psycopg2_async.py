# SPDX-License-Identifier: Apache-2.0
"""Asynchronous connections of psycopg2, waited for within a bound.

The driver's usual connections wait for a frozen server for ever, and under eventlet they know no
bound at all. Source: psycopg2's documentation, "Asynchronous support".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.db.deadline import is_ready

if TYPE_CHECKING:
    from collections.abc import Sequence

# What `poll` returns, by psycopg2.extensions, which is there only where PostgreSQL is used.
_OK, _WRITE = 0, 2


def fetch(connection: Any, sql: str, parameters: Any, seconds: float) -> Sequence[tuple[Any, ...]]:
    """Send a statement with its parameters, and return all rows.

    Raises:
        psycopg2.Error: what the server or the driver says.
        TimeoutError: there was no answer within the bound.
    """
    return run(connection, sql, parameters, seconds).fetchall()  # type: ignore[no-any-return]


def run(connection: Any, sql: str, parameters: Any, seconds: float) -> Any:
    """Send a statement with its parameters, or with None, and return its cursor; raise as fetch."""
    cursor = connection.cursor()
    cursor.execute(sql, parameters)
    finish(connection, seconds)
    return cursor


def finish(connection: Any, seconds: float) -> None:
    """Let a connection end what it is at.

    Raises:
        psycopg2.Error: what the server or the driver says.
        TimeoutError: it took longer than that.
    """
    until = time.monotonic() + seconds
    while (state := connection.poll()) != _OK:
        left = until - time.monotonic()
        if left <= 0 or not is_ready(connection.fileno(), left, writing=state == _WRITE):
            raise TimeoutError("no answer within the bound")
