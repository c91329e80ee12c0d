# SPDX-License-Identifier: Apache-2.0
"""Glance's database, asked within a bound.

The add-on keeps a small pool of connections of its own to the database that Glance uses. They
commit by themselves, so a question is one statement, and their driver gives up in time, which
the connections of Glance do not: a frozen database holds those for ever.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable

import sqlalchemy as sa
from oslo_log import log

from glance_cache_nodes.deadline import connect_within, cut_off

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOG = log.getLogger(__name__)

# How the bound is shared out. A call may have to wait in the pool, then for a new connection, then
# for the rows, and may have begun with a dead connection: together that must stay below 1.
_BEGIN_AGAIN_BEFORE = 0.15
_POOL = 0.2
_CONNECT = 0.25
_READ = 0.35
_ALL = 0.95


class DatabaseUnavailableError(Exception):
    """The database did not answer within the bound, or refused to."""


class Database:
    """Where Glance's tables are.

    Args:
        conf: Glance's configuration.
        glance_engine: returns Glance's own engine; called once, at the first question, so that
            a server that forks its workers after loading leaves no connection shared.
    """

    def __init__(self, conf: Any, glance_engine: Callable[[], Any]) -> None:
        self._conf = conf
        self._glance_engine = glance_engine
        self._timeout: float = conf.cache_nodes.database_timeout  # seconds
        self._lock = threading.Lock()
        self._engine: sa.engine.Engine | None = None

    def rows(self, statement: Any, parameters: Mapping[str, object]) -> Sequence[Any]:
        """Run a statement that only reads, and return all its rows.

        Raises:
            DatabaseUnavailableError: there was no answer within the bound.
        """
        started = time.monotonic()
        deadline = started + self._timeout * _ALL
        try:
            return self._read(statement, parameters, deadline)
        except sa.exc.DBAPIError as error:
            # A pooled connection may have died while it lay idle. The pool has dropped all of
            # its age by now, so a second try gets a new one, if there is time left for that.
            soon = time.monotonic() - started < self._timeout * _BEGIN_AGAIN_BEFORE
            if not (error.connection_invalidated and soon):
                raise self._unavailable(error) from error
        except sa.exc.SQLAlchemyError as error:
            raise self._unavailable(error) from error
        try:
            return self._read(statement, parameters, deadline)
        except sa.exc.SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def _read(
        self, statement: Any, parameters: Mapping[str, object], deadline: float
    ) -> Sequence[Any]:
        with self._own_engine().connect() as connection:
            left = max(0.0, deadline - time.monotonic())
            with cut_off(connection, min(self._timeout * _READ, left)):
                return connection.execute(statement, parameters).all()

    def _own_engine(self) -> sa.engine.Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._create_engine()
            return self._engine

    def _create_engine(self) -> sa.engine.Engine:
        url = self._glance_engine().url
        backend = url.get_backend_name()
        engine = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_recycle=self._conf.database.connection_recycle_time,
            connect_args=_driver_timeouts(backend, self._timeout),
            **_pool(backend, self._timeout),
        )
        if backend != "sqlite":  # a file opens at once, and stays with the thread that opened it
            sa.event.listen(engine, "do_connect", self._connect)
        return engine

    def _connect(self, dialect: Any, _record: Any, words: Any, options: Any) -> Any:
        failure = dialect.dbapi.OperationalError("no connection within the bound")
        return connect_within(
            self._timeout * _CONNECT, lambda: dialect.connect(*words, **options), failure
        )

    def _unavailable(self, error: Exception) -> DatabaseUnavailableError:
        # The driver's own words: SQLAlchemy's would add the statement and its parameters.
        reason = getattr(error, "orig", None) or error
        LOG.error("The database gave no answer: %s: %s", type(reason).__name__, reason)
        return DatabaseUnavailableError(str(reason))


def _pool(backend: str, timeout: float) -> dict[str, Any]:
    if backend == "sqlite":
        return {}
    return {"pool_size": 5, "max_overflow": 15, "pool_timeout": timeout * _POOL}


def _driver_timeouts(backend: str, timeout: float) -> dict[str, Any]:
    connect, read = timeout * _CONNECT, timeout * _READ
    if backend == "sqlite":
        return {"timeout": read}
    if backend == "mysql":
        return {"connect_timeout": connect, "read_timeout": read, "write_timeout": read}
    if backend == "postgresql":
        # libpq counts whole seconds and takes 1 for 2, so `connect_within` is ahead of it; the
        # statement is bounded in `cut_off` too: a frozen server does not look at its own clock.
        return {
            "connect_timeout": max(2, int(connect)),
            "options": f"-c statement_timeout={int(read * 1000)}",
        }
    return {}
