# SPDX-License-Identifier: Apache-2.0
"""Which statements the pooled connections of this process send, whatever the driver."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa


@contextlib.contextmanager
def sent() -> Iterator[list[str]]:
    """Collect the statements that are sent in the block."""
    statements: list[str] = []

    def lend(connection: Any, *_rest: Any) -> None:
        _watch(connection, statements.append)

    def take_back(connection: Any, *_rest: Any) -> None:
        if connection is not None:
            _watch(connection, None)

    sa.event.listen(sa.pool.Pool, "checkout", lend)
    sa.event.listen(sa.pool.Pool, "checkin", take_back)
    try:
        yield statements
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", lend)
        sa.event.remove(sa.pool.Pool, "checkin", take_back)


def _watch(connection: Any, tell: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.set_trace_callback(tell)
        return
    name = "cursorclass" if hasattr(connection, "cursorclass") else "cursor_factory"
    cursor = type(connection.cursor())
    setattr(connection, name, _telling(cursor, tell) if tell else cursor.__base__)


def _telling(cursor: type, tell: Any) -> type:
    def execute(self: Any, statement: str, parameters: Any = None) -> Any:
        tell(statement)
        return cursor.execute(self, statement, parameters)

    return type("Telling", (cursor,), {"execute": execute})
