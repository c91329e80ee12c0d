# SPDX-License-Identifier: Apache-2.0
"""Glance's database, asked within a bound.

The add-on keeps a small pool of connections of its own to the database that Glance uses. They
commit by themselves, so a question is one statement, and they give up in time, which the
connections of Glance do not: a frozen database holds those for ever.
"""

from __future__ import annotations

import functools
import os
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from oslo_log import log

from glance_cache_nodes import drivers
from glance_cache_nodes.statements import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.drivers import Rows

LOG = log.getLogger(__name__)

# How the bound is shared out. A call may have to wait in the pool, then for a new connection, then
# for the rows, and may have begun with a dead connection: together that must stay below 1.
_BEGIN_AGAIN_BEFORE = 0.15
_POOL = 0.2
_CONNECT = 0.25
_READ = 0.35
_ALL = 0.95

# How many connections one process has at most. A question takes so little of one that more would
# only cost the database, and the callers the time to open them.
_CONNECTIONS = 8


class DatabaseUnavailableError(Exception):
    """The database did not answer within the bound, or refused to."""


class _ConnectionLostError(Exception):
    """A pooled connection turned out to be dead; the driver's error is its cause."""


class Database:
    """Where Glance's tables are.

    Args:
        conf: Glance's configuration.
    """

    def __init__(self, conf: Any) -> None:
        self._conf = conf
        self._timeout: float = conf.cache_nodes.database_timeout  # seconds
        self._prepared: dict[Any, Prepared] = {}
        # By process: a server may fork its workers after the first call, and two that read from
        # one connection would get each other's rows. The parent's pool is only kept, not used.
        self._pools: dict[int, sa.pool.Pool] = {}

    def rows(self, statement: Any, parameters: Mapping[str, object]) -> Rows:
        """Run a statement that only reads, and return all its rows.

        Raises:
            DatabaseUnavailableError: there was no answer within the bound.
        """
        started = time.monotonic()
        deadline = started + self._timeout * _ALL
        pool = self._pool()
        try:
            try:
                return self._ask(pool, statement, parameters, deadline)
            except _ConnectionLostError:
                # It may have died while it lay idle, and the others with it. A new one gets a
                # second try, if there is time left for that.
                if time.monotonic() - started > self._timeout * _BEGIN_AGAIN_BEFORE:
                    raise
            return self._ask(self._pool_after(pool), statement, parameters, deadline)
        except _ConnectionLostError as lost:
            raise _unavailable(lost.__cause__) from lost
        except (self._driver.errors, TimeoutError, sa.exc.TimeoutError) as error:
            raise _unavailable(error) from error

    def _ask(
        self,
        pool: sa.pool.Pool,
        statement: Any,
        parameters: Mapping[str, object],
        deadline: float,
    ) -> Rows:
        question = self._prepare(statement)
        lent = pool.connect()
        connection = lent.dbapi_connection
        seconds = min(self._timeout * _READ, max(0.0, deadline - time.monotonic()))
        try:
            rows = self._driver.fetch(connection, question.sql, question.fill(parameters), seconds)
        except BaseException as error:
            lost = self._driver.is_lost(error, connection)
            lent.invalidate()  # the rest of an answer may still be on its way on it
            if lost:
                raise _ConnectionLostError from error
            raise
        lent.close()
        return rows

    @functools.cached_property
    def _driver(self) -> drivers.Driver:
        settings = self._conf.database
        bounds = drivers.Bounds(self._timeout * _CONNECT, self._timeout * _READ)
        try:
            url = sa.engine.make_url(settings.connection)
            if settings.connection_parameters:
                url = url.update_query_string(settings.connection_parameters, append=True)
            return drivers.load(url, bounds, getattr(settings, "mysql_wsrep_sync_wait", None))
        except (sa.exc.ArgumentError, ImportError) as error:
            # Not the error's own words: they may hold the URL, and that the password.
            failure = type(error)("[database] connection names no database driver that is here")
            raise _unavailable(failure) from None

    def _prepare(self, statement: Any) -> Prepared:
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, self._driver.dialect)
        return prepared

    def _pool(self) -> sa.pool.Pool:
        pool = self._pools.get(os.getpid())
        return pool or self._pools.setdefault(os.getpid(), self._new_pool())

    def _pool_after(self, pool: sa.pool.Pool) -> sa.pool.Pool:
        """Return the pool that takes the place of one whose connections are dead."""
        if self._pools[os.getpid()] is pool:
            self._pools[os.getpid()] = self._new_pool()
            pool.dispose()
        return self._pool()

    def _new_pool(self) -> sa.pool.Pool:
        return sa.pool.QueuePool(
            self._driver.connect,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            timeout=self._timeout * _POOL,
            recycle=self._conf.database.connection_recycle_time,
            reset_on_return=None,  # nothing to roll back where each statement commits by itself
            use_lifo=True,  # so that what is idle for long is closed by the server, not used
        )


def _unavailable(error: BaseException | None) -> DatabaseUnavailableError:
    LOG.error("The database gave no answer: %s: %s", type(error).__name__, error)
    return DatabaseUnavailableError(str(error))
