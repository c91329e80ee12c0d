# SPDX-License-Identifier: Apache-2.0
"""Which errors mean that the database cannot answer now, and how to tell them without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterable

# SQLSTATEs and MySQL's numbers for a table, column or schema that is missing and for a privilege
# that is, as while the schema is upgraded.
_NOT_READY = {"42P01", "42703", "3F000", "42501", "42S02", "42S22", 1146, 1054}


def is_outage(error: sa.exc.DBAPIError) -> bool:
    """Return whether the database may answer the same statement later.

    False means a fault of the statement itself, which no retry mends.
    """
    if isinstance(error, sa.exc.ProgrammingError):
        return _code(error.orig) in _NOT_READY
    if isinstance(error, sa.exc.OperationalError) and type(error.orig).__module__ == "sqlite3":
        return "syntax error" not in str(error.orig)
    return isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError))


def _code(error: Any) -> object:
    """Return PostgreSQL's SQLSTATE or MySQL's number."""
    code = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
    return code or next(iter(getattr(error, "args", ())), None)


def words(error: BaseException, secrets: Iterable[str]) -> str:
    """Return an error in one line, without the statement and without secrets.

    Args:
        error: what was raised.
        secrets: the passwords of the database's URL.
    """
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        text = str(error.orig)
    elif isinstance(error, OSError):
        text = str(error)
    else:
        return type(error).__name__  # its text may quote what could not be read: a password
    text = f"{type(getattr(error, 'orig', error)).__name__}: {' '.join(text.split())}"
    for secret in secrets:
        text = text.replace(secret, "***")
    return text
