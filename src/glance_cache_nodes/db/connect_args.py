# SPDX-License-Identifier: Apache-2.0
"""How Glance's ``[database]`` options and our timeouts become arguments of SQLAlchemy's engine.

What the operator wrote in the URL reaches the driver as it does from Glance. Ours are merged into
it: a timeout of a driver becomes the smaller of the two, and the statement limit of PostgreSQL is
one more word in ``options``.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping


def url_of(database: Any) -> sa.engine.URL:
    """Return the URL that oslo.db would connect to.

    Args:
        database: the options of the group ``[database]``.

    Raises:
        sqlalchemy.exc.ArgumentError: it is no URL.
    """
    url = sa.engine.make_url(database.connection)
    if database.connection_parameters:
        url = url.update_query_string(database.connection_parameters, append=True)
    return url


def defaults(url: sa.engine.URL) -> Mapping[str, str]:
    """Return what oslo.db gives to drivers where the URL does not."""
    if url.get_backend_name() == "mysql" and "charset" not in url.query:
        return {"charset": "utf8"}
    if url.get_backend_name() == "postgresql" and "client_encoding" not in url.query:
        return {"client_encoding": "utf8"}
    return {}


def bounded(driver: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
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
    return f"{options} -c statement_timeout={int(seconds * _SERVER * 1000)}".strip()


def set_up_session(dialect: Any, connection: Any, database: Any, seconds: float) -> None:
    """Give a new connection to MariaDB or MySQL the session variables that Glance's have.

    Args:
        dialect: SQLAlchemy's, which knows what the server is.
        connection: the DBAPI connection.
        database: the options of the group ``[database]``.
        seconds: after which the server ends a statement, also when its caller has gone.
    """
    if dialect.name not in {"mysql", "mariadb"}:
        return
    cursor = connection.cursor()
    for name in ("sql_mode", "wsrep_sync_wait"):
        value = getattr(database, f"mysql_{name}", None)
        if value is not None:
            cursor.execute(f"SET SESSION {name} = %s", [value])
    limit = (
        f"max_statement_time = {seconds * _SERVER:.3f}"
        if dialect.is_mariadb
        else f"max_execution_time = {int(seconds * _SERVER * 1000)}"
    )
    with contextlib.suppress(dialect.dbapi.Error):  # a server too old to know it
        cursor.execute(f"SET SESSION {limit}")
    cursor.close()


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


def secrets(url: sa.engine.URL) -> set[str]:
    """Return the passwords that a URL holds."""
    found = {str(url.query[name]) for name in ("password", "passwd") if name in url.query}
    return found | ({str(url.password)} if url.password else set())
