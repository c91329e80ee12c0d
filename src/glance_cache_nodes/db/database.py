# SPDX-License-Identifier: Apache-2.0
"""Queries to Glance's database, each within a deadline."""

from __future__ import annotations

import copy
import functools
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db import connect_args, engine, errors
from glance_cache_nodes.db.deadline import NOT_IN_TIME, Use, Watchdog
from glance_cache_nodes.db.fair_semaphore import FairSemaphore
from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# The deadline of a call has two halves, less the time for scheduling: one to get a connection from
# the pool or open it, and one for the rows.
_HALF = 0.475


class Database:
    """Where Glance's tables are.

    Args:
        conf: Glance's configuration, with the groups ``[database]`` and ``[cache_nodes]``.
    """

    def __init__(self, conf: Any) -> None:
        self._options = conf.database
        self._half: float = conf.cache_nodes.database_timeout * _HALF  # seconds
        self._size: int = conf.cache_nodes.database_pool_size
        self._thread = threading.local()  # the use of each thread
        self._of_parents: list[sa.engine.Engine | None] = []
        self._begin_process()
        # A child must not use its parent's connections, and has no watchdog yet.
        begin = functools.partial(_begin_in_child, weakref.ref(self))
        os.register_at_fork(after_in_child=begin)

    def _begin_process(self) -> None:
        # Kept: to close a parent's connection would end it for the parent too.
        self._of_parents.append(getattr(self, "_made", None))
        self._made: sa.engine.Engine | None = None
        self._making = threading.Lock()
        self._semaphore = FairSemaphore(self._size)
        self._watchdog = Watchdog()

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
        start = time.monotonic()
        use = Use(start + self._half, start + 2 * self._half, self._semaphore.release)
        query = functools.partial(self._query, self._engine(), use, statement, parameters)
        if not self._semaphore.acquire(self._half):
            raise DatabaseUnavailableError(f"all {self._size} connections are in use")
        self._thread.use = use
        try:
            with self._watchdog.watching(use):
                return _again_on_dead_connections(query, use, self._size)
        except DatabaseUnavailableError:
            raise
        except Exception as error:
            if not _is_outage(use, error):
                raise
            raise DatabaseUnavailableError(self._words(use, error)) from error
        finally:
            if not use.is_opening:
                use.leave_pool()

    def _engine(self) -> sa.engine.Engine:
        with self._making:
            if self._made is None:
                self._made = engine.create(
                    self._options, self._size, self._half, lambda: self._thread.use
                )
            return self._made

    def _query(
        self, connect: sa.engine.Engine, use: Use, statement: Any, parameters: Any
    ) -> Sequence[Any]:
        with connect.connect() as connection:
            use.begin_statement(connection.info.get("socket"), time.monotonic() + self._half)
            rows = connection.execute(statement, parameters).fetchall()
            if use.is_cut:  # the rows came at the last moment, but its socket is shut
                connection.invalidate()
            return rows

    def _words(self, use: Use, error: BaseException) -> str:
        text = errors.words(error, connect_args.secrets(connect_args.url_of(self._options)))
        return f"{NOT_IN_TIME}: {text}" if use.is_cut else text


def _again_on_dead_connections(
    query: Callable[[], Sequence[Any]], use: Use, most: int
) -> Sequence[Any]:
    """Query; repeat the query if the pool returns a connection that died while it was idle."""
    connect_by = use.deadline
    for _ in range(most):
        try:
            return query()
        except sa.exc.DBAPIError as error:
            is_dead = use.is_open and error.connection_invalidated and not use.is_cut
            if not is_dead or time.monotonic() > connect_by:
                raise
        use.begin_again(connect_by)
    return query()


def _is_outage(use: Use, error: Exception) -> bool:
    if isinstance(error, sa.exc.DBAPIError):
        return use.is_cut or errors.is_outage(error)
    return use.is_cut or not use.is_open  # what a driver raises while it connects


def _begin_in_child(database: weakref.ref[Database]) -> None:
    found = database()
    if found is not None:
        found._begin_process()
