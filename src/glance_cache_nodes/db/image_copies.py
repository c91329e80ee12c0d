# SPDX-License-Identifier: Apache-2.0
"""Copies on record and their images, also of images that Glance has deleted."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db.tables import CACHED_IMAGES, IMAGE_ID, IMAGES, NODE_REFERENCE, exactly

if TYPE_CHECKING:
    import datetime
    from collections.abc import Collection

    from glance_cache_nodes.db.database import Database

_IDS = sa.bindparam("ids", type_=sa.String, expanding=True)
_BATCH = 500  # images of one statement
_RECORD = CACHED_IMAGES.join(
    NODE_REFERENCE, NODE_REFERENCE.c.node_reference_id == CACHED_IMAGES.c.node_reference_id
)
_IS_OF_IMAGE = exactly(CACHED_IMAGES.c.image_id, IMAGE_ID)
_OF_IMAGE = (
    sa.select(
        NODE_REFERENCE.c.node_reference_url,
        CACHED_IMAGES.c.size,
        CACHED_IMAGES.c.hits,
        CACHED_IMAGES.c.last_accessed,
        CACHED_IMAGES.c.last_modified,
    )
    .select_from(_RECORD)
    .where(_IS_OF_IMAGE)
)
# Its URL is compared as the database does, like Glance's own queries.
_ON_NODE: sa.Select[Any] = (
    sa.select(CACHED_IMAGES.c.image_id, CACHED_IMAGES.c.size)
    .select_from(_RECORD)
    .where(NODE_REFERENCE.c.node_reference_url == sa.bindparam("node", type_=sa.String))
)
_THESE_ON_NODE = _ON_NODE.where(CACHED_IMAGES.c.image_id.in_(_IDS))
_DATA = ("status", "deleted", "size", "checksum", "os_hash_algo", "os_hash_value", "created_at")
_IMAGES = sa.select(IMAGES.c.id, *(IMAGES.c[name] for name in _DATA)).where(IMAGES.c.id.in_(_IDS))
# Statuses of an image whose data is not there yet, so its size says nothing.
_WITHOUT_DATA = {"queued", "saving", "uploading", "importing", "killed"}
_LEFTOVER = (
    sa.select(IMAGES.c.size)
    .where(exactly(IMAGES.c.id, IMAGE_ID))
    .union_all(
        sa.select(sa.cast(sa.null(), sa.BigInteger)).where(
            sa.select(CACHED_IMAGES.c.image_id).where(_IS_OF_IMAGE).exists()
        )
    )
)


@dataclasses.dataclass(frozen=True)
class Copy:
    """A row of the record.

    Attributes:
        node: the URL of the node.
        size: in bytes.
        hits: how often it was read.
        last_accessed: when it was read last, in UTC, without a time zone.
        last_modified: when it was written, likewise.
    """

    node: str
    size: int
    hits: int
    last_accessed: datetime.datetime
    last_modified: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Leftover:
    """An image of which a row or a copy on record is left.

    Attributes:
        size: of its data, in bytes; None where its row is gone.
    """

    size: int | None


@dataclasses.dataclass(frozen=True)
class ImageData:
    """What Glance says of an image.

    Attributes:
        status: Glance's word.
        is_deleted: whether Glance has deleted it.
        size: in bytes; None while it has no data.
        checksum: MD5, hexadecimal.
        os_hash_algo: name of the algorithm of ``os_hash_value``.
        os_hash_value: hexadecimal.
        created_at: UTC without a zone; some databases keep whole seconds only.
    """

    status: str
    is_deleted: bool
    size: int | None
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    created_at: datetime.datetime | None

    @property
    def is_gone(self) -> bool:
        """Whether Glance has deleted it for good; one that is pending can come back.

        Glance writes the status first: a node that is killed then leaves an image that has the
        status and is not marked as deleted.
        """
        return self.status == "deleted" or (self.is_deleted and self.status != "pending_delete")

    @property
    def known_size(self) -> int | None:
        """Its size in bytes; None while its data is not there."""
        return None if self.status in _WITHOUT_DATA else self.size


def find(database: Database, image_id: str) -> list[Copy]:
    """Return the copies of an image, by its exact id, sorted by node; one statement.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_OF_IMAGE, {IMAGE_ID.key: image_id})
    return sorted((Copy(*row) for row in rows), key=lambda copy: copy.node)


def find_on_node(
    database: Database, node: str, image_ids: Collection[str] | None = None
) -> dict[str, int]:
    """Return the sizes, in bytes, of a node's copies by image ID; one statement.

    Args:
        database: where Glance's tables are.
        node: the URL of the node.
        image_ids: only copies of these; None for all.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    if image_ids is None:
        return {row[0]: row[1] for row in database.rows(_ON_NODE, {"node": node})}
    rows = database.rows(_THESE_ON_NODE, {"node": node, "ids": sorted(image_ids)})
    # A collation may take an id in another case for the one that was asked for.
    return {row[0]: row[1] for row in rows if row[0] in image_ids}


def find_leftover(database: Database, image_id: str) -> Leftover | None:
    """Look up what is left of an image, by its exact id; one statement.

    Returns:
        None where there is neither a row of it nor a copy on record.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_LEFTOVER, {IMAGE_ID.key: image_id})
    sizes = [row[0] for row in rows if row[0] is not None]
    return Leftover(max(sizes, default=None)) if rows else None


def find_images(database: Database, image_ids: Collection[str]) -> dict[str, ImageData]:
    """Return what Glance says of images by their exact IDs, without those that it has purged.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    wanted, found = sorted(image_ids), {}
    for start in range(0, len(wanted), _BATCH):
        rows = database.rows(_IMAGES, {"ids": wanted[start : start + _BATCH]})
        found.update({row[0]: ImageData(*row[1:]) for row in rows if row[0] in image_ids})
    return found
