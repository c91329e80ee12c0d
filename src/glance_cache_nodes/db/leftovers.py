# SPDX-License-Identifier: Apache-2.0
"""What the database still knows of an image that Glance has deleted or purged."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from glance_cache_nodes.db.tables import CACHED_IMAGES, IMAGE_ID, IMAGES
from glance_cache_nodes.db.visibility import exactly

if TYPE_CHECKING:
    from glance_cache_nodes.db.database import Database

_QUERY = (
    sa.select(IMAGES.c.size)
    .where(exactly(IMAGES.c.id, IMAGE_ID))
    .union_all(
        sa.select(sa.cast(sa.null(), sa.BigInteger)).where(
            sa.select(CACHED_IMAGES.c.image_id)
            .where(exactly(CACHED_IMAGES.c.image_id, IMAGE_ID))
            .exists()
        )
    )
)


@dataclasses.dataclass(frozen=True)
class Leftover:
    """An image of which a row or a copy on record is left.

    Attributes:
        size: of its data, in bytes; None where its row is gone.
    """

    size: int | None


def find(database: Database, image_id: str) -> Leftover | None:
    """Look up what is left of an image; one statement.

    Args:
        database: where Glance's tables are.
        image_id: compared exactly.

    Returns:
        None where there is neither a row of it nor a copy on record.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_QUERY, {IMAGE_ID.key: image_id})
    return (
        Leftover(max((row[0] for row in rows if row[0] is not None), default=None))
        if rows
        else None
    )
