# SPDX-License-Identifier: Apache-2.0
"""Questions to a database, each with an answer of its own."""

from __future__ import annotations

import types

import sqlalchemy as sa

from glance_cache_nodes.db.database import Database

POOL_SIZE = 8
PATIENT = 60.0
"""Seconds: a bound that a busy machine does not reach."""
NUMBER = sa.select(sa.cast(sa.bindparam("number", type_=sa.Integer), sa.Integer))


NUMBERS = sa.text("SELECT number FROM numbers")


def database(url: str, bound: float = 5.0, **options: object) -> Database:
    """Return the database at this URL.

    Args:
        url: where it is.
        bound: how long it may take to answer, in seconds.
        options: more of the group ``[database]``.
    """
    given = {"connection": url, "connection_parameters": "", "connection_recycle_time": 3600}
    return Database(
        types.SimpleNamespace(
            cache_nodes=types.SimpleNamespace(database_timeout=bound, database_pool_size=POOL_SIZE),
            database=types.SimpleNamespace(**{**given, **options}),
        )
    )


def is_right(asked: Database, number: int) -> bool:
    """Ask for a number; return whether that one came back."""
    return [tuple(row) for row in asked.rows(NUMBER, {"number": number})] == [(number,)]


def sleep(asked: Database, url: str, seconds: float) -> None:
    """Let the server at this URL sleep, if it can."""
    if url.startswith("mysql"):
        asked.rows(sa.select(sa.func.sleep(seconds)), {})
    if url.startswith("postgresql"):
        asked.rows(sa.select(sa.func.pg_sleep(seconds)), {})
