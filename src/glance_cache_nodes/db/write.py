# SPDX-License-Identifier: Apache-2.0
"""Changes of the record; rows are written as Glance writes them.

An image ID is compared exactly. The URL of a node is compared as the database does, like Glance's
own queries: MariaDB takes ``http://A`` for ``http://a``, and has one number for both.
"""

from __future__ import annotations

import contextlib
import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db.tables import CACHED_IMAGES, NODE_REFERENCE, exactly
from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from collections.abc import Collection

    from glance_cache_nodes.db.database import Database

_NUMBER: Any = NODE_REFERENCE.c.node_reference_id
_NODE: Any = CACHED_IMAGES.c.node_reference_id
_IMAGE: Any = CACHED_IMAGES.c.image_id


def add(database: Database, node: str, image_id: str, size: int) -> None:
    """Add a row as Glance does after caching; one that is there stays.

    Args:
        database: where Glance's tables are.
        node: the URL of the node, which is registered if need be.
        image_id: of the image.
        size: of the file, in bytes.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    values = {"size": size, "last_accessed": now, "last_modified": now, "hits": 0}

    def change(connection: Any) -> None:
        values.update(image_id=image_id, node_reference_id=_registered(connection, node))
        connection.execute(sa.insert(CACHED_IMAGES).values(values))

    with contextlib.suppress(sa.exc.IntegrityError):  # Glance has just added the row, or the node
        database.in_transaction(change)


def remove(database: Database, node: str, image_id: str) -> None:
    """Remove the node's row of an image; it need not be there.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    database.in_transaction(
        lambda connection: connection.execute(
            sa.delete(CACHED_IMAGES).where(*_is_row(node, image_id))
        )
    )


def resize(database: Database, node: str, image_id: str, old: int, new: int) -> None:
    """Write another size, in bytes, into the row of an image, if it still has the old one.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    is_row = (*_is_row(node, image_id), CACHED_IMAGES.c.size == old)
    database.in_transaction(
        lambda connection: connection.execute(
            sa.update(CACHED_IMAGES).where(*is_row).values(size=new)
        )
    )


def forget(database: Database, node: str, heir: str | None, handed_on: Collection[str]) -> None:
    """Remove a node and its rows, all or nothing.

    Args:
        database: where Glance's tables are.
        node: the URL of the node.
        heir: the node that gets rows, and is registered if need be; None for nobody.
        handed_on: the images whose rows it gets, unless it has its own.

    Raises:
        UserError: the database takes both URLs for the same one, or a node has just written rows.
        DatabaseUnavailableError: there was no answer within the bound.
    """

    def change(connection: Any) -> None:
        number = _number(connection, node)
        if heir is not None:
            to = _registered(connection, heir)
            if to == number:
                raise UserError(f"the record has {heir} and {node} as one node")
            _hand_on(connection, number, to, handed_on)
        connection.execute(sa.delete(CACHED_IMAGES).where(number == _NODE))
        connection.execute(sa.delete(NODE_REFERENCE).where(number == _NUMBER))

    try:
        database.in_transaction(change)
    except sa.exc.IntegrityError as error:
        text = f"{node} has just cached an image, so it is not gone; nothing was changed"
        raise UserError(text) from error


def _hand_on(connection: Any, number: int | None, to: int, image_ids: Collection[str]) -> None:
    theirs = set(connection.execute(sa.select(_IMAGE).where(to == _NODE)).scalars())
    for image_id in sorted(set(image_ids) - theirs):
        is_row = (number == _NODE, exactly(_IMAGE, image_id))
        connection.execute(sa.update(CACHED_IMAGES).where(*is_row).values(node_reference_id=to))


def _registered(connection: Any, node: str) -> int:
    """Return a node's number; a node that is not known is registered, as Glance does."""
    number = _number(connection, node)
    if number is None:
        connection.execute(sa.insert(NODE_REFERENCE).values(node_reference_url=node))
        number = _number(connection, node)
    if number is None:
        raise UserError(f"the database did not take the node {node}")
    return number


def _number(connection: Any, node: str) -> int | None:
    query = sa.select(_NUMBER).where(NODE_REFERENCE.c.node_reference_url == node)
    found: int | None = connection.execute(query).scalar()
    return found


def _is_row(node: str, image_id: str) -> tuple[Any, Any]:
    number = sa.select(_NUMBER).where(NODE_REFERENCE.c.node_reference_url == node)
    return exactly(_IMAGE, image_id), number.scalar_subquery() == _NODE
