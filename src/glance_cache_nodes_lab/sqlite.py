# SPDX-License-Identifier: Apache-2.0
"""SQLite that several serving processes can write to at once.

oslo.db opens a transaction with ``BEGIN``, which asks for the write lock only at the first write.
If another connection has written since the transaction's first read, SQLite refuses that write at
once, whatever the busy timeout. ``BEGIN IMMEDIATE`` for every transaction is no way out: Glance 28
reads on a second connection while a transaction of the same thread is open on the first, and the
second would wait for the first until the timeout.

So a transaction begins as a reader, and readers wait for nobody. Before its first write it is ended
and begun anew as a writer, which waits for other writers. Between its reads and its writes it then
sees what others have committed, as with ``READ COMMITTED``, PostgreSQL's default, which Glance and
Keystone are made for.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

BUSY_TIMEOUT = 30_000
"""How long a writer waits for other writers, in milliseconds."""

READS = {"SELECT", "PRAGMA", "EXPLAIN"}
"""The first words of statements that need no write lock; a WITH may stand before an INSERT."""

_READ_SO_FAR = "glance_cache_nodes_lab.read_so_far"


def share() -> None:
    """Let SQLite engines of this process share their files; other databases stay as they are."""
    event.listen(Engine, "connect", _set_up_connection)
    event.listen(Engine, "before_cursor_execute", _before_statement)


def _set_up_connection(connection: Any, _record: Any) -> None:
    if not _is_sqlite(connection):
        return
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL enough to survive a crash


def _before_statement(
    connection: Any, cursor: Any, statement: str, _parameters: Any, _context: Any, _many: Any
) -> None:
    if not _is_sqlite(cursor):
        return
    if statement == "BEGIN":
        connection.info[_READ_SO_FAR] = True
    elif statement.split(None, 1)[0].upper() not in READS and connection.info.pop(
        _READ_SO_FAR, False
    ):
        _become_writer(cursor.connection)


def _become_writer(connection: Any) -> None:
    """End the reader's transaction and begin a writer's; one that is over stays over."""
    if connection.in_transaction:
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")


def _is_sqlite(of_the_driver: Any) -> bool:
    return type(of_the_driver).__module__.startswith("sqlite3")
