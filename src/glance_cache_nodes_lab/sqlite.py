# SPDX-License-Identifier: Apache-2.0
"""SQLite that several serving processes can write to at once.

oslo.db opens a transaction with ``BEGIN``, which asks for the right to write only at the first
write. Two that have both read by then block each other, and SQLite fails one at once however
long it may wait. Asking at the beginning makes the second wait its turn instead.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

BUSY_TIMEOUT = 30_000
"""How long a writer waits for its turn, in milliseconds."""


def share() -> None:
    """Make every SQLite engine of this process wait its turn; other databases stay as they are."""
    event.listen(Engine, "connect", _set_up_connection)
    event.listen(Engine, "before_cursor_execute", _begin_as_writer, retval=True)


def _set_up_connection(connection: Any, _record: Any) -> None:
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL enough to survive a crash


def _begin_as_writer(
    _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
) -> tuple[str, Any]:
    if statement == "BEGIN" and type(cursor).__module__.startswith("sqlite3"):
        statement = "BEGIN IMMEDIATE"
    return statement, parameters
