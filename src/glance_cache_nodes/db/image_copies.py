# SPDX-License-Identifier: Apache-2.0
"""The copies of an image by the record, with what it knows of each."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from glance_cache_nodes.db.tables import CACHED_IMAGES, IMAGE_ID, NODE_REFERENCE
from glance_cache_nodes.db.visibility import exactly

if TYPE_CHECKING:
    import datetime

    from glance_cache_nodes.db.database import Database

_COPIES = (
    sa.select(
        NODE_REFERENCE.c.node_reference_url,
        CACHED_IMAGES.c.size,
        CACHED_IMAGES.c.hits,
        CACHED_IMAGES.c.last_accessed,
        CACHED_IMAGES.c.last_modified,
    )
    .select_from(
        CACHED_IMAGES.join(
            NODE_REFERENCE,
            NODE_REFERENCE.c.node_reference_id == CACHED_IMAGES.c.node_reference_id,
        )
    )
    .where(exactly(CACHED_IMAGES.c.image_id, IMAGE_ID))
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


def find(database: Database, image_id: str) -> list[Copy]:
    """Return the copies of an image, sorted by node; one statement.

    It asks neither whether the image still exists nor who may see it.

    Args:
        database: where Glance's tables are.
        image_id: compared exactly.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_COPIES, {IMAGE_ID.key: image_id})
    return sorted((Copy(*row) for row in rows), key=lambda copy: copy.node)
