# SPDX-License-Identifier: Apache-2.0
"""Glance's database: queries and changes, each within a deadline."""

from __future__ import annotations

import copy
import functools
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import sqlalchemy as sa

from glance_cache_nodes.db import engine
from glance_cache_nodes.db.checkout import Checkout
from glance_cache_nodes.db.limits import FairSemaphore
from glance_cache_nodes.exception import DatabaseUnavailableError, NoThreadError
from glance_cache_nodes.net import deadline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glance_cache_nodes.db.limits import Budget

T = TypeVar("T")
Use = Callable[[Checkout, sa.engine.Connection], T]

# The deadline of a call has two halves, less the time for scheduling: one to get a connection from
# the pool or open it, and one for the rows.
_HALF = 0.475
# SQLSTATEs and MySQL's numbers for a table, column or schema that is missing and for a privilege
# that is, as while the schema is upgraded.
_NOT_READY = {"42P01", "42703", "3F000", "42501", "42S02", "42S22", 1146, 1054}


class Database:
    """Where Glance's tables are.

    Args:
        conf: Glance's configuration, with the groups ``[database]`` and ``[cache_nodes]``.
        budget: of the command that this is for; None where each call has ``database_timeout``.
    """

    def __init__(self, conf: Any, budget: Budget | None = None) -> None:
        self._options, self._budget = conf.database, budget
        self._half: float = conf.cache_nodes.database_timeout * _HALF  # seconds
        self._size: int = conf.cache_nodes.database_pool_size
        self._thread = threading.local()  # the checkout of each thread
        self._of_parents: list[sa.engine.Engine | None] = []
        self._begin_process()
        # A child must not use its parent's connections.
        begin = functools.partial(_begin_in_child, weakref.ref(self))
        os.register_at_fork(after_in_child=begin)

    def _begin_process(self) -> None:
        # Kept: to close a parent's connection would end it for the parent too.
        self._of_parents.append(getattr(self, "_made", None))
        self._made: sa.engine.Engine | None = None
        self._making = threading.Lock()
        self._semaphore = FairSemaphore(self._size)

    def within(self, until: float) -> Database:
        """Return the same for queries that must end by a moment of the monotonic clock."""
        self._engine()  # so that the pool is the same
        limited = copy.copy(self)
        limited._half = min(self._half, max(0.0, until - time.monotonic()) / 2)
        return limited

    def rows(self, statement: Any, parameters: Mapping[str, object]) -> Sequence[Any]:
        """Execute a statement that only reads, and return all its rows.

        Raises:
            DatabaseUnavailableError: there was no answer within the deadline, or the database
                cannot answer now.
            sqlalchemy.exc.DBAPIError: the statement is wrong.
        """
        return self._within_deadline(
            lambda _, connection: connection.execute(statement, parameters).fetchall()
        )

    def in_transaction(self, change: Callable[[sa.engine.Connection], T]) -> T:
        """Change rows, all or nothing.

        Returns:
            What ``change`` returns.

        Raises:
            DatabaseUnavailableError: nothing was changed, or the text says that it is not known.
            sqlalchemy.exc.DBAPIError: a row is there already, or a statement is wrong.
        """
        return self._within_deadline(functools.partial(_transaction, change))

    def _within_deadline(self, use: Use[T]) -> T:
        if self._budget is None:
            return self._use(use, Checkout(self._half, 2 * self._half, self._semaphore.release))
        with self._budget.spending() as left:
            return self._use(use, Checkout(left, left, self._semaphore.release))

    def _use(self, use: Use[T], checkout: Checkout) -> T:
        attempt = functools.partial(_connected, use, self._engine(), checkout)
        if not self._semaphore.acquire(checkout.seconds):
            raise DatabaseUnavailableError(f"all {self._size} connections are in use")
        self._thread.checkout = checkout
        try:
            with deadline.watching(checkout.deadline):
                return _again_on_dead_connections(attempt, checkout, self._size)
        except DatabaseUnavailableError:
            raise
        except Exception as error:
            if not _is_outage(checkout, error):
                raise
            raise DatabaseUnavailableError(self._words(checkout, error)) from error
        finally:
            if not checkout.is_opening:
                checkout.leave_pool()

    def _engine(self) -> sa.engine.Engine:
        with self._making:
            if self._made is None:
                self._made = engine.create(
                    self._options, self._pool(), lambda: self._thread.checkout
                )
            return self._made

    def _pool(self) -> dict[str, Any]:
        if self._budget is not None:
            # A new connection each time: a command may hash files for hours between two queries,
            # and a firewall may have forgotten an idle connection by then.
            return {"poolclass": sa.pool.NullPool}
        return {
            "poolclass": sa.pool.QueuePool,
            "max_overflow": 0,
            "pool_recycle": self._options.connection_recycle_time,
            "pool_size": self._size,
            "pool_use_lifo": True,  # so that the server, not we, closes what is idle for long
        }

    def _words(self, checkout: Checkout, error: Exception) -> str:
        said = []
        if checkout.is_committing and getattr(error, "connection_invalidated", True):
            said.append("it is not known whether the change was made")
        if self._budget is not None and self._budget.is_used_up:
            said.append(str(self._budget))
        elif checkout.deadline.is_cut or isinstance(error, TimeoutError):
            said.append("no answer within the deadline")
        if not isinstance(error, TimeoutError):
            said.append(_driver_words(error, engine.secrets(self._options)))
        return ": ".join(said)


def _connected(use: Use[T], connect: sa.engine.Engine, checkout: Checkout) -> T:
    with connect.connect() as connection:
        checkout.begin_statements(connection.info.get("socket"))
        result = use(checkout, connection)
        checkout.deadline.hold(None)
        if checkout.deadline.is_cut:  # the answer came at the last moment, but its socket is shut
            connection.invalidate()
        return result


def _transaction(
    change: Callable[[sa.engine.Connection], T],
    checkout: Checkout,
    connection: sa.engine.Connection,
) -> T:
    # By statements, as the engine's connections commit each one by itself otherwise. SQLite waits
    # for all its locks at the beginning, and for none at the end.
    is_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN EXCLUSIVE" if is_sqlite else "BEGIN")
    checkout.may_repeat = False
    try:
        result = change(connection)
        checkout.is_committing = True
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        try:
            connection.exec_driver_sql("ROLLBACK")
        except sa.exc.SQLAlchemyError:
            connection.invalidate()  # the server rolls back when the connection ends
        raise
    return result


def _again_on_dead_connections(attempt: Callable[[], T], checkout: Checkout, most: int) -> T:
    """Use a connection, and another one where the pool returns one that died while it was idle."""
    for _ in range(most):
        try:
            return attempt()
        except sa.exc.DBAPIError as error:  # noqa: PERF203 - each attempt may fail
            if not error.connection_invalidated or not checkout.begin_again():
                raise
    return attempt()


def _is_outage(checkout: Checkout, error: Exception) -> bool:
    """Return whether the database may answer the same statement later.

    False means a fault of the statement itself, which no retry mends.
    """
    if checkout.deadline.is_cut:
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return not checkout.is_open  # what a driver raises while it connects
    if isinstance(error, sa.exc.ProgrammingError):
        return _code(error.orig) in _NOT_READY
    if isinstance(error, sa.exc.OperationalError) and type(error.orig).__module__ == "sqlite3":
        return "syntax error" not in str(error.orig)
    return isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError))


def _code(error: Any) -> object:
    """Return PostgreSQL's SQLSTATE or MySQL's number."""
    code = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
    return code or next(iter(getattr(error, "args", ())), None)


def _driver_words(error: Exception, secrets: Iterable[str]) -> str:
    """Return an error in one line, without the statement and without these secrets."""
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        text = str(error.orig)
    elif isinstance(error, (OSError, NoThreadError)):
        text = str(error)
    else:
        return type(error).__name__  # its text may quote what could not be read: a password
    text = f"{type(getattr(error, 'orig', error)).__name__}: {' '.join(text.split())}"
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _begin_in_child(database: weakref.ref[Database]) -> None:
    found = database()
    if found is not None:
        found._begin_process()
