# SPDX-License-Identifier: Apache-2.0
"""The engine of the add-on: SQLAlchemy's own, made from Glance's ``[database]`` options.

It differs from the engine of Glance in two things. Each statement commits by itself, so that a
query is one round trip. And each use of a connection has a deadline, from its opening on; Glance's
have none, so a frozen database holds them for ever.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, Callable

import sqlalchemy as sa

from glance_cache_nodes.db import connect_args
from glance_cache_nodes.db.deadline import socket_of
from glance_cache_nodes.db.opening import open_within
from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from glance_cache_nodes.db.deadline import Use


def create(
    options: Any, size: int, seconds: float, use_of_thread: Callable[[], Use]
) -> sa.engine.Engine:
    """Return an engine; nothing is connected yet.

    Args:
        options: of the group ``[database]``.
        size: of the pool, in connections.
        seconds: that a connection may take to open, and a statement after it.
        use_of_thread: returns the use for which the current thread connects or queries.

    Raises:
        DatabaseUnavailableError: the URL names no driver.
    """
    try:
        url = connect_args.url_of(options)
        engine = sa.create_engine(
            url,
            connect_args=dict(connect_args.defaults(url)),
            # Its warning of cartesian products is wrong for `exactly` on MariaDB.
            enable_from_linting=False,
            future=True,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            max_overflow=0,
            poolclass=sa.pool.QueuePool,
            pool_recycle=options.connection_recycle_time,
            pool_reset_on_return=None,
            pool_size=size,
            pool_use_lifo=True,  # so that the server, not we, closes what is idle for long
        )
    except (sa.exc.ArgumentError, ImportError, ValueError):
        # Without the error: it may hold the URL, and that the password.
        text = "[database] connection names no database driver that is here"
        raise DatabaseUnavailableError(text) from None
    # There is nothing to roll back. SQLAlchemy has an option for it, but only from 2.0.43 on.
    engine.dialect.do_rollback = lambda *_: None  # type: ignore[method-assign]

    def keep_the_others(context: Any) -> None:
        # A connection that died says nothing of the others; a silent database does.
        context.invalidate_pool_on_disconnect = use_of_thread().is_cut

    def connect(dialect: Any, record: Any, words: Any, named: dict[str, Any]) -> Any:
        arguments = connect_args.bounded(dialect.driver, named, seconds)
        open_it = functools.partial(dialect.connect, *words, **arguments)
        use = use_of_thread()
        # A file opens at once.
        connection = open_it() if dialect.name == "sqlite" else _opened(use, open_it)
        record.info["socket"] = use.socket = socket_of(connection)
        use.deadline = use.end  # its session is set up in the time of the rows
        return connection

    def set_up(connection: Any, _record: Any) -> None:
        connect_args.set_up_session(engine.dialect, connection, options, seconds)

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "connect", set_up)
    sa.event.listen(engine, "close", _close_socket)
    sa.event.listen(engine, "handle_error", keep_the_others)
    return engine


def _opened(use: Use, connect: Callable[[], Any]) -> Any:
    connection = open_within(use.deadline - time.monotonic(), connect, use.leave_pool)
    if connection is None:
        use.is_opening = True
        raise DatabaseUnavailableError("no connection within the deadline")
    return connection


def _close_socket(_connection: Any, record: Any) -> None:
    duplicate = record.info.pop("socket", None)
    if duplicate is not None:
        duplicate.close()
