# SPDX-License-Identifier: Apache-2.0
"""What else Glance knows of an image: the columns that rules seldom look at, and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from glance_cache_nodes.db.tables import IMAGE_ID, IMAGE_PROPERTIES, IMAGES
from glance_cache_nodes.db.visibility import exactly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.db.database import Database

_COLUMNS = (
    "min_disk",
    "min_ram",
    "size",
    "virtual_size",
    "disk_format",
    "container_format",
    "checksum",
    "os_hash_algo",
    "os_hash_value",
)
_TIMES = ("created_at", "updated_at")
_QUERY = (
    sa.select(
        *(IMAGES.c[name] for name in (*_COLUMNS, *_TIMES)),
        IMAGE_PROPERTIES.c.name,
        IMAGE_PROPERTIES.c.value,
    )
    .select_from(
        IMAGES.outerjoin(
            IMAGE_PROPERTIES,
            sa.and_(
                IMAGE_PROPERTIES.c.image_id == IMAGES.c.id,
                IMAGE_PROPERTIES.c.deleted == sa.false(),
            ),
        )
    )
    .where(exactly(IMAGES.c.id, IMAGE_ID))
)


def find(
    database: Database, image_id: str
) -> tuple[Mapping[str, object], Mapping[str, str | None]]:
    """Look up the rest of an image that the caller is known to see, in one statement.

    Args:
        database: where Glance's tables are.
        image_id: the image's id, compared exactly.

    Returns:
        The columns by name, and the custom properties by name; both empty when the image has gone
        in the meantime.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_QUERY, {IMAGE_ID.key: image_id})
    columns = dict(zip((*_COLUMNS, *_TIMES), rows[0])) if rows else {}
    # A rule compares with strings; a remote one is sent JSON.
    columns.update((name, str(columns[name])) for name in _TIMES if name in columns)
    return columns, {row[-2]: row[-1] for row in rows if row[-2] is not None}
