# SPDX-License-Identifier: Apache-2.0
"""The database drivers: how each opens a connection that commits by itself, asked within a bound.

What is used of SQLAlchemy here is what it knows of a driver (its dialect): the words to connect
with, the style of parameters, which errors mean a lost connection. The rows come from the driver
itself, which costs a fraction of SQLAlchemy's own connection and result.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Callable

import sqlalchemy as sa

from glance_cache_nodes.db import psycopg2_async, psycopg2_prepared
from glance_cache_nodes.db.deadline import connect_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[tuple[Any, ...]]


@dataclasses.dataclass(frozen=True)
class Driver:
    """A driver with a database.

    Attributes:
        dialect: what SQLAlchemy knows of the driver.
        connect: opens a connection, within a number of seconds.
        fetch: sends a statement with its parameters on a connection and returns all rows, within
            a number of seconds.
    """

    dialect: Any
    connect: Callable[[float], Any]
    fetch: Callable[[Any, str, Any, float], Rows]

    @property
    def errors(self) -> type[Exception]:
        """The class of the errors that the driver raises."""
        return self.dialect.dbapi.Error  # type: ignore[no-any-return]

    def is_lost(self, error: BaseException, connection: Any) -> bool:
        """Return whether an error of the driver means that the connection is dead."""
        return bool(self.dialect.is_disconnect(error, connection, None))


def load(url: sa.engine.URL, bound: float, sync_wait: int | None = None) -> Driver:
    """Return the driver that a URL names; nothing is connected yet.

    Args:
        url: of the database.
        bound: seconds to wait for a new connection, and again for the rows.
        sync_wait: MariaDB's ``wsrep_sync_wait``, for a Galera cluster, whose members may lag.

    Raises:
        sqlalchemy.exc.ArgumentError: the URL names no driver.
        ImportError: the driver is not installed.
    """
    dialect: Any = sa.create_engine(url).dialect
    words, named = dialect.create_connect_args(url)
    options = {**named, **_OPTIONS.get(dialect.driver, _no_options)(bound, sync_wait)}
    if dialect.driver == "pysqlite":  # a file opens at once
        return Driver(dialect, lambda _seconds: dialect.connect(*words, **options), _fetch)

    def connect(seconds: float) -> Any:
        failure = dialect.dbapi.OperationalError("no connection within the bound")
        return connect_within(seconds, functools.partial(opened, seconds), failure)

    def opened(seconds: float) -> Any:
        connection = dialect.connect(*words, **options)
        if dialect.driver == "psycopg2":
            psycopg2_async.finish(connection, seconds)
        elif dialect.driver not in _OPTIONS:
            dialect.set_isolation_level(connection, "AUTOCOMMIT")
        return connection

    fetch = psycopg2_prepared.fetch if dialect.driver == "psycopg2" else _fetch
    return Driver(dialect, connect, fetch)


def _fetch(connection: Any, sql: str, parameters: Any, _seconds: float) -> Rows:
    cursor = connection.cursor()
    try:
        cursor.execute(sql, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]
    finally:
        cursor.close()


def _sqlite(bound: float, _sync_wait: int | None) -> Mapping[str, Any]:
    # The pool gives a connection to one thread at a time, but not always to the one that opened it.
    return {"timeout": bound, "isolation_level": None, "check_same_thread": False}


def _pymysql(bound: float, sync_wait: int | None) -> Mapping[str, Any]:
    return {
        "connect_timeout": bound,
        "read_timeout": bound,
        "write_timeout": bound,
        "autocommit": True,
        "init_command": f"SET SESSION wsrep_sync_wait = {int(sync_wait)}" if sync_wait else None,
    }


def _mysqldb(bound: float, sync_wait: int | None) -> Mapping[str, Any]:
    # It counts whole seconds, takes 0 for no bound, and knows no None.
    options = _pymysql(max(1, int(bound)), sync_wait)
    return {name: value for name, value in options.items() if value is not None}


def _psycopg2(bound: float, _sync_wait: int | None) -> Mapping[str, Any]:
    # The server's own bound ends the work for a caller who has gone, behind a lock for example.
    return {"async_": True, "options": f"-c statement_timeout={int(bound * 1000)}"}


def _no_options(_bound: float, _sync_wait: int | None) -> Mapping[str, Any]:
    return {}


# By the driver's name in SQLAlchemy. Another one works too, but its reads have no bound.
_OPTIONS: Mapping[str, Callable[[float, int | None], Mapping[str, Any]]] = {
    "pysqlite": _sqlite,
    "pymysql": _pymysql,
    "mysqldb": _mysqldb,
    "psycopg2": _psycopg2,
}
