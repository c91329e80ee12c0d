# SPDX-License-Identifier: Apache-2.0
"""The registered nodes, and what each has on record."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from glance_cache_nodes.db.tables import CACHED_IMAGES, NODE_REFERENCE

if TYPE_CHECKING:
    import datetime

    from glance_cache_nodes.db.database import Database

_URLS = sa.select(NODE_REFERENCE.c.node_reference_url)
# Compared as the database does, like Glance's own query.
_URL = _URLS.where(NODE_REFERENCE.c.node_reference_url == sa.bindparam("node", type_=sa.String))
# By number first: the URLs of the groups are looked up once each.
_SUMS = (
    sa.select(
        CACHED_IMAGES.c.node_reference_id,
        sa.func.count().label("images"),
        sa.func.sum(CACHED_IMAGES.c.size).label("bytes"),
        sa.func.max(CACHED_IMAGES.c.last_accessed).label("last_accessed"),
    )
    .group_by(CACHED_IMAGES.c.node_reference_id)
    .subquery("sums")
)
_NODES = sa.select(
    NODE_REFERENCE.c.node_reference_url, _SUMS.c.images, _SUMS.c.bytes, _SUMS.c.last_accessed
).select_from(
    NODE_REFERENCE.outerjoin(_SUMS, _SUMS.c.node_reference_id == NODE_REFERENCE.c.node_reference_id)
)


@dataclasses.dataclass(frozen=True)
class Node:
    """A node, and what it holds by the record.

    Attributes:
        url: its node reference URL.
        images: how many.
        bytes: of all of them.
        last_accessed: when one of them was read last, in UTC, without a time zone; None without
            images.
    """

    url: str
    images: int
    bytes: int
    last_accessed: datetime.datetime | None


def find_urls(database: Database) -> list[str]:
    """Return the URLs of all registered nodes, sorted; one statement.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    return sorted(row[0] for row in database.rows(_URLS, {}))


def is_registered(database: Database, node: str) -> bool:
    """Return whether a node is registered under this URL; one statement.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    return bool(database.rows(_URL, {"node": node}))


def find_all(database: Database) -> list[Node]:
    """Return all registered nodes, sorted by URL; one statement, which reads the whole record.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_NODES, {})
    # The sum of an empty group is NULL, and MariaDB's and PostgreSQL's are decimals.
    nodes = [Node(url, count or 0, int(size or 0), used) for url, count, size, used in rows]
    return sorted(nodes, key=lambda node: node.url)
