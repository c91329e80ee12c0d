# SPDX-License-Identifier: Apache-2.0
"""The engine of the add-on: SQLAlchemy's own, made from Glance's ``[database]`` options.

It differs from the engine of Glance in two things. Each statement commits by itself, so that a
query is one round trip. And each use of a connection has a deadline, from its opening on; Glance's
have none, so a frozen database holds them for ever.

What the operator wrote in the URL reaches the driver as it does from Glance. Our timeouts are
merged into it: a timeout of a driver becomes the smaller of the two, and the statement limit of
PostgreSQL is one more word in ``options``.
"""

from __future__ import annotations

import contextlib
import functools
import math
from typing import TYPE_CHECKING, Any, Callable

import sqlalchemy as sa

from glance_cache_nodes.db.checkout import socket_of
from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.db.checkout import Checkout

# Of the seconds that a statement may take, the part after which the server itself, or SQLite, ends
# it: sooner than we do, so that its answer says why and the connection is kept.
_SERVER = 0.9
# By driver: the names of its timeouts, and whether it takes whole seconds only.
_TIMEOUTS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "pysqlite": (("timeout",), False),
    "pymysql": (("connect_timeout", "read_timeout", "write_timeout"), False),
    "mysqldb": (("connect_timeout", "read_timeout", "write_timeout"), True),
    "psycopg2": (("connect_timeout",), True),
    "psycopg": (("connect_timeout",), True),
}


def create(
    options: Any, pool: Mapping[str, Any], checkout_of_thread: Callable[[], Checkout]
) -> sa.engine.Engine:
    """Return an engine; nothing is connected yet.

    Args:
        options: of the group ``[database]``.
        pool: SQLAlchemy's arguments for the pool.
        checkout_of_thread: returns the use for which the current thread connects or queries.

    Raises:
        DatabaseUnavailableError: the URL names no driver.
    """
    try:
        url = url_of(options)
        engine = sa.create_engine(
            url,
            connect_args=_defaults(url),
            # Its warning of cartesian products is wrong for `exactly` on MariaDB.
            enable_from_linting=False,
            future=True,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            **pool,
        )
    except (sa.exc.ArgumentError, ImportError, ValueError):
        # Without the error: it may hold the URL, and that the password.
        text = "[database] connection names no database driver that is here"
        raise DatabaseUnavailableError(text) from None
    # There is nothing to roll back. SQLAlchemy has an option for it, but only from 2.0.43 on.
    engine.dialect.do_rollback = lambda *_: None  # type: ignore[method-assign]
    _listen(engine, options, checkout_of_thread)
    return engine


def _listen(
    engine: sa.engine.Engine, options: Any, checkout_of_thread: Callable[[], Checkout]
) -> None:
    def keep_the_others(context: Any) -> None:
        # A connection that died says nothing of the others; a silent database does.
        context.invalidate_pool_on_disconnect = checkout_of_thread().deadline.is_cut

    def connect(dialect: Any, record: Any, words: Any, named: dict[str, Any]) -> Any:
        checkout = checkout_of_thread()
        arguments = _bounded(dialect.driver, named, checkout.seconds)
        open_it = functools.partial(dialect.connect, *words, **arguments)
        # A file opens at once.
        connection = open_it() if dialect.name == "sqlite" else checkout.open(open_it)
        record.info["socket"] = socket_of(connection)
        checkout.begin_session(record.info["socket"])
        return connection

    def set_up(connection: Any, _record: Any) -> None:
        _set_up_session(engine.dialect, connection, options, checkout_of_thread().seconds)

    def close_socket(_connection: Any, record: Any) -> None:
        duplicate = record.info.pop("socket", None)
        if duplicate is not None:
            duplicate.close()

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "connect", set_up)
    sa.event.listen(engine, "close", close_socket)
    sa.event.listen(engine, "handle_error", keep_the_others)


def url_of(options: Any) -> sa.engine.URL:
    """Return the URL that oslo.db would connect to.

    Raises:
        sqlalchemy.exc.ArgumentError: it is no URL.
    """
    url = sa.engine.make_url(options.connection)
    if options.connection_parameters:
        url = url.update_query_string(options.connection_parameters, append=True)
    return url


def secrets(options: Any) -> set[str]:
    """Return the passwords that the URL holds."""
    url = url_of(options)
    found = {str(url.query[name]) for name in ("password", "passwd") if name in url.query}
    return found | ({str(url.password)} if url.password else set())


def _defaults(url: sa.engine.URL) -> dict[str, str]:
    """Return what oslo.db gives to drivers where the URL does not."""
    if url.get_backend_name() == "mysql" and "charset" not in url.query:
        return {"charset": "utf8"}
    if url.get_backend_name() == "postgresql" and "client_encoding" not in url.query:
        return {"client_encoding": "utf8"}
    return {}


def _bounded(driver: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return the arguments of a driver's ``connect`` with our timeouts merged into them.

    Args:
        driver: its name in SQLAlchemy, such as ``pymysql``; those of an unknown one stay.
        arguments: by name.
        seconds: how long a connection may take to open, and a statement after it.
    """
    timeouts, is_whole = _TIMEOUTS.get(driver, ((), False))
    number = math.ceil if is_whole else float
    limit = seconds * _SERVER if driver == "pysqlite" else seconds
    smaller = {name: min(limit, float(arguments.get(name) or limit)) for name in timeouts}
    merged = {**arguments, **{name: number(value) for name, value in smaller.items()}}
    if driver == "pysqlite":
        # The pool gives a connection to one thread at a time, not always to that which opened it.
        merged["check_same_thread"] = False
    if driver in {"psycopg", "psycopg2"}:
        merged["options"] = _with_limit(merged.get("options", ""), seconds)
    return merged


def _with_limit(options: str, seconds: float) -> str:
    """Return libpq's ``options`` with a statement limit, unless the operator has set one."""
    if "statement_timeout" in options:
        return options
    return f"{options} -c statement_timeout={math.ceil(seconds * _SERVER * 1000)}".strip()


def _set_up_session(dialect: Any, connection: Any, options: Any, seconds: float) -> None:
    """Give a new connection to MariaDB or MySQL the session variables that Glance's have.

    Args:
        dialect: SQLAlchemy's, which knows what the server is.
        connection: the DBAPI connection.
        options: of the group ``[database]``.
        seconds: after which the server ends a statement, also when its caller has gone.
    """
    if dialect.name not in {"mysql", "mariadb"}:
        return
    cursor = connection.cursor()
    for name in ("sql_mode", "wsrep_sync_wait"):
        value = getattr(options, f"mysql_{name}", None)
        if value is not None:
            cursor.execute(f"SET SESSION {name} = %s", [value])
    limit = (
        f"max_statement_time = {max(0.001, seconds * _SERVER):.3f}"  # 0 is no limit
        if dialect.is_mariadb
        else f"max_execution_time = {math.ceil(seconds * _SERVER * 1000)}"
    )
    with contextlib.suppress(dialect.dbapi.Error):  # a server too old to know it
        cursor.execute(f"SET SESSION {limit}")
    cursor.close()
