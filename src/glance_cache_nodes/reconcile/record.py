# SPDX-License-Identifier: Apache-2.0
"""The rows of one node in Glance's record, and the images that they name.

It has an engine of its own with real transactions; rows are written as Glance writes them.
"""

from __future__ import annotations

import contextlib
import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db import connect_args, errors
from glance_cache_nodes.db.tables import CACHED_IMAGES, IMAGES, NODE_REFERENCE
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile.model import Image, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SECONDS = 60.0  # that a statement may take: nobody waits for the answer at a screen
_BATCH = 500

_IMAGE = ("status", "deleted", "size", "checksum", "os_hash_algo", "os_hash_value", "created_at")


def engine_of(database: Any) -> sa.engine.Engine:
    """Return an engine on Glance's database, with transactions.

    Args:
        database: the options of the group ``[database]``.

    Raises:
        UserError: the URL names no driver that is here, or no SQLite file.
    """
    try:
        url = connect_args.url_of(database)
        driver = url.get_dialect().driver
        arguments = connect_args.bounded(driver, connect_args.defaults(url), _SECONDS)
        engine = sa.create_engine(
            url,
            connect_args=arguments,
            future=True,
            hide_parameters=True,
            poolclass=sa.pool.NullPool,
        )
    except (sa.exc.ArgumentError, ImportError, ValueError):
        text = "[database] connection names no database driver that is here"
        raise UserError(text) from None  # the error may quote the URL, and that the password

    def set_up(connection: Any, _record: Any) -> None:
        connect_args.set_up_session(engine.dialect, connection, database, _SECONDS)

    sa.event.listen(engine, "connect", set_up)
    return engine


class Record:
    """The rows of one node in Glance's record.

    Args:
        database: the options of the group ``[database]``.
        node: the node reference URL of the node.

    Every method raises UserError when the database does not answer.
    """

    def __init__(self, database: Any, node: str) -> None:
        self.node = node
        self._engine = engine_of(database)
        self._secrets = connect_args.secrets(self._engine.url)

    def is_registered(self) -> bool:
        """Return whether the record knows the node."""
        with self._begin() as connection:
            return _node_id(connection, self.node) is not None

    def rows(self, image_ids: Sequence[str] | None = None) -> dict[str, Row]:
        """Return the node's rows by image ID, of these images or of all."""
        query = (
            sa.select(CACHED_IMAGES.c.image_id, CACHED_IMAGES.c.size)
            .select_from(
                CACHED_IMAGES.join(
                    NODE_REFERENCE,
                    NODE_REFERENCE.c.node_reference_id == CACHED_IMAGES.c.node_reference_id,
                )
            )
            .where(NODE_REFERENCE.c.node_reference_url == self.node)
        )
        if image_ids is not None:
            query = query.where(CACHED_IMAGES.c.image_id.in_(image_ids))
        with self._begin() as connection:
            return {row.image_id: Row(row.size) for row in connection.execute(query)}

    def images(self, image_ids: Iterable[str]) -> dict[str, Image]:
        """Return what Glance says of these images, deleted ones too; purged ones are left out."""
        wanted, found = sorted(set(image_ids)), {}
        with self._begin() as connection:
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                query = sa.select(IMAGES.c.id, *(IMAGES.c[each] for each in _IMAGE)).where(
                    IMAGES.c.id.in_(batch)
                )
                found.update({row[0]: Image(*row[1:]) for row in connection.execute(query)})
        return found

    def add(self, image_id: str, size: int) -> None:
        """Add a row as Glance does after caching; one that is there stays."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        values = {
            "image_id": image_id,
            "size": size,
            "last_accessed": now,
            "last_modified": now,
            "hits": 0,
        }
        node_id = self._register(self.node)
        with contextlib.suppress(sa.exc.IntegrityError), self._begin() as connection:
            connection.execute(sa.insert(CACHED_IMAGES).values(node_reference_id=node_id, **values))

    def remove(self, image_id: str) -> None:
        """Remove the node's row of an image; it need not be there."""
        with self._begin() as connection:
            connection.execute(sa.delete(CACHED_IMAGES).where(*_is_of(self.node, image_id)))

    def resize(self, image_id: str, old: int, new: int) -> None:
        """Write another size, in bytes, into the row, if it still has the old one."""
        with self._begin() as connection:
            where = (*_is_of(self.node, image_id), CACHED_IMAGES.c.size == old)
            connection.execute(sa.update(CACHED_IMAGES).where(*where).values(size=new))

    def nodes(self) -> list[str]:
        """Return the URLs of all registered nodes, sorted."""
        with self._begin() as connection:
            return sorted(
                connection.execute(sa.select(NODE_REFERENCE.c.node_reference_url)).scalars()
            )

    def read_each_table(self) -> None:
        """Read a row of each table that is needed."""
        with self._begin() as connection:
            for query in (
                sa.select(NODE_REFERENCE.c.node_reference_id),
                sa.select(CACHED_IMAGES.c.size),
                sa.select(*(IMAGES.c[each] for each in _IMAGE)),
            ):
                connection.execute(query.limit(1)).fetchall()

    def forget(self, heir: str | None, handed_on: Sequence[str]) -> None:
        """Remove the node and its rows, in one transaction.

        Args:
            heir: the node that gets rows; it is registered if need be.
            handed_on: the images whose rows it gets, unless it has its own.

        Raises:
            UserError: the node added a row meanwhile.
        """
        to = self._register(heir) if heir else None
        try:
            with self._begin() as connection:
                number = _node_id(connection, self.node)
                mine = CACHED_IMAGES.c.node_reference_id == number
                theirs = sa.select(CACHED_IMAGES.c.image_id).where(
                    CACHED_IMAGES.c.node_reference_id == to
                )
                wanted = set(handed_on) - set(connection.execute(theirs).scalars())
                for image_id in sorted(wanted):
                    connection.execute(
                        sa.update(CACHED_IMAGES)
                        .where(mine, CACHED_IMAGES.c.image_id == image_id)
                        .values(node_reference_id=to)
                    )
                connection.execute(sa.delete(CACHED_IMAGES).where(mine))
                connection.execute(
                    sa.delete(NODE_REFERENCE).where(NODE_REFERENCE.c.node_reference_id == number)
                )
        except sa.exc.IntegrityError as error:
            text = f"{self.node} has just cached an image, so it is not gone; nothing was changed"
            raise UserError(text) from error

    def _register(self, node: str) -> int:
        """Return a node's number; a node that is not known is added, as by Glance's start."""
        with self._begin() as connection:
            number = _node_id(connection, node)
        if number is not None:
            return number
        with contextlib.suppress(sa.exc.IntegrityError), self._begin() as connection:
            connection.execute(sa.insert(NODE_REFERENCE).values(node_reference_url=node))
        with self._begin() as connection:
            number = _node_id(connection, node)
        if number is None:
            raise UserError(f"the database did not take the node {node}")
        return number

    @contextlib.contextmanager
    def _begin(self) -> Iterator[Any]:
        """Open a transaction; it is committed at the end of the block."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except sa.exc.DBAPIError as error:
            text = errors.words(error, self._secrets)
            raise UserError(f"the database does not answer: {text}") from error


def _node_id(connection: Any, url: str) -> int | None:
    query = sa.select(NODE_REFERENCE.c.node_reference_id).where(
        NODE_REFERENCE.c.node_reference_url == url
    )
    found: int | None = connection.execute(query).scalar()
    return found


def _is_of(url: str, image_id: str) -> tuple[Any, Any]:
    number = sa.select(NODE_REFERENCE.c.node_reference_id).where(
        NODE_REFERENCE.c.node_reference_url == url
    )
    return (
        CACHED_IMAGES.c.image_id == image_id,
        CACHED_IMAGES.c.node_reference_id == number.scalar_subquery(),
    )
