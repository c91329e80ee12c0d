# SPDX-License-Identifier: Apache-2.0
"""Statements that PostgreSQL has prepared: it plans each once on a connection, not for every call.

Behind a pooler of connections such as PgBouncer the server's end changes from call to call, and
with it what is prepared there. Then a connection goes on with the plain statement.
Source: PostgreSQL's documentation, "PREPARE" and "Appendix A. Error Codes".
"""

from __future__ import annotations

import functools
import hashlib
import time
import weakref
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.db import psycopg2_async

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

# What the server says where a statement is not prepared, is prepared already, or has been prepared
# for other types of columns than the table has now.
_NOT_AS_WE_LEFT_IT = frozenset({"26000", "42P05", "0A000"})

# By connection: the names of what it has prepared; None where it only takes plain statements.
_prepared: MutableMapping[Any, set[str] | None] = weakref.WeakKeyDictionary()


def fetch(
    connection: Any, sql: str, parameters: Mapping[str, object], seconds: float
) -> Sequence[tuple[Any, ...]]:
    """Send a statement with its parameters, prepare it where it is not yet, and return all rows.

    Args:
        connection: an asynchronous one, which so commits by itself.
        sql: with parameters by name, ``%(name)s``.
        parameters: those names with values.
        seconds: the bound.

    Raises:
        psycopg2.Error: what the server or the driver says.
        TimeoutError: there was no answer within the bound.
    """
    until = time.monotonic() + seconds
    known = _prepared.setdefault(connection, set())
    if known is None:
        return psycopg2_async.fetch(connection, sql, parameters, seconds)
    name, prepare, execute = _words(sql, tuple(parameters))
    try:
        if name not in known:
            psycopg2_async.run(connection, prepare, None, seconds)
            known.add(name)
        return psycopg2_async.fetch(connection, execute, parameters, until - time.monotonic())
    except Exception as error:
        if getattr(error, "pgcode", None) not in _NOT_AS_WE_LEFT_IT:
            raise
        _prepared[connection] = None
        return psycopg2_async.fetch(connection, sql, parameters, until - time.monotonic())


@functools.lru_cache(maxsize=64)
def _words(sql: str, names: tuple[str, ...]) -> tuple[str, str, str]:
    """Return a name for a statement, and the statements that prepare and execute it."""
    # Other versions of this package may have others prepared behind the same pooler.
    name = "glance_cache_nodes_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
    places = {each: f"${number}" for number, each in enumerate(names, 1)}
    given = ", ".join(f"%({each})s" for each in names)
    execute = f"EXECUTE {name} ({given})" if names else f"EXECUTE {name}"
    return name, f"PREPARE {name} AS {sql % places}", execute
