# SPDX-License-Identifier: Apache-2.0
"""An image that the caller may see, and the nodes that hold it: one statement for both."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db import visibility
from glance_cache_nodes.db.tables import (
    CACHED_IMAGES,
    IMAGE_ID,
    IMAGE_PROPERTIES,
    IMAGES,
    NODE_REFERENCE,
    exactly,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.db.database import Database

# Columns of `images` that policy rules usually compare with; the others are read when one does.
ATTRIBUTES = ("id", "name", "owner", "visibility", "status", "os_hidden", "protected")
_TIMES = ("created_at", "updated_at")
_OTHERS = (
    *("min_disk", "min_ram", "size", "virtual_size", "disk_format", "container_format"),
    *("checksum", "os_hash_algo", "os_hash_value"),
    *_TIMES,
)


def _nodes_of_image(*columns: Any) -> Any:
    """Return the query for columns of an image, in a row for each node that holds it."""
    return (
        sa.select(*columns, NODE_REFERENCE.c.node_reference_url)
        .select_from(
            IMAGES.outerjoin(
                CACHED_IMAGES, exactly(CACHED_IMAGES.c.image_id, IMAGES.c.id)
            ).outerjoin(
                NODE_REFERENCE,
                NODE_REFERENCE.c.node_reference_id == CACHED_IMAGES.c.node_reference_id,
            )
        )
        .where(exactly(IMAGES.c.id, IMAGE_ID), IMAGES.c.deleted == sa.false())
    )


_FACTS = (IMAGES.c.size, IMAGES.c.status)
_NODES = _nodes_of_image(*_FACTS)
_NODES_OF_VISIBLE = _NODES.where(visibility.IS_VISIBLE)
_IMAGE = _nodes_of_image(*_FACTS, *(IMAGES.c[name] for name in ATTRIBUTES))
_VISIBLE_IMAGE = _IMAGE.where(visibility.IS_VISIBLE)
_PROPERTIES = sa.and_(
    IMAGE_PROPERTIES.c.image_id == IMAGES.c.id, IMAGE_PROPERTIES.c.deleted == sa.false()
)
_OTHER_ATTRIBUTES = (
    sa.select(
        *(IMAGES.c[name] for name in _OTHERS), IMAGE_PROPERTIES.c.name, IMAGE_PROPERTIES.c.value
    )
    .select_from(IMAGES.outerjoin(IMAGE_PROPERTIES, _PROPERTIES))
    .where(exactly(IMAGES.c.id, IMAGE_ID))
)


@dataclasses.dataclass(frozen=True)
class CachedImage:
    """An image that the caller may see, and the nodes that hold it by the record.

    Attributes:
        size: of its data, in bytes; None while it has none.
        status: Glance's word for what the image is, such as ``active``.
        nodes: node reference URLs, sorted.
        attributes: what policy rules usually compare with, under Glance's names for a target; empty
            where they were not asked for.
    """

    size: int | None
    status: str
    nodes: Sequence[str]
    attributes: Mapping[str, object]


def find(database: Database, context: Any, image_id: str) -> CachedImage | None:
    """Look up an image, by its exact id, and the nodes that hold it, in one statement.

    Returns:
        None for an image that does not exist, is deleted, or that the caller may not see.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = _rows(database, context, image_id, _NODES, _NODES_OF_VISIBLE)
    return _image(rows, {}) if rows else None


def find_with_attributes(database: Database, context: Any, image_id: str) -> CachedImage | None:
    """Look up the same together with the image's attributes, also in one statement."""
    rows = _rows(database, context, image_id, _IMAGE, _VISIBLE_IMAGE)
    if not rows:
        return None
    attributes = dict(zip(ATTRIBUTES, rows[0][2:]))
    return _image(rows, policy_attributes(attributes, context.project_id))


def find_other_attributes(
    database: Database, image_id: str
) -> tuple[Mapping[str, object], Mapping[str, str | None]]:
    """Look up what rules seldom look at, of an image that the caller is known to see.

    Returns:
        The columns by name, and the custom properties by name; both empty when the image has gone
        in the meantime.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = database.rows(_OTHER_ATTRIBUTES, {IMAGE_ID.key: image_id})
    columns = dict(zip(_OTHERS, rows[0])) if rows else {}
    # A rule compares with strings; a remote one is sent JSON.
    columns.update((name, str(columns[name])) for name in _TIMES if name in columns)
    return columns, {row[-2]: row[-1] for row in rows if row[-2] is not None}


def _rows(
    database: Database, context: Any, image_id: str, of_any: Any, of_visible: Any
) -> Sequence[Any]:
    limits = visibility.parameters(context)
    return database.rows(of_visible if limits else of_any, {IMAGE_ID.key: image_id, **limits})


def _image(rows: Sequence[Any], attributes: Mapping[str, object]) -> CachedImage:
    size, status = rows[0][:2]
    return CachedImage(size, status, sorted({row[-1] for row in rows} - {None}), attributes)


def policy_attributes(
    attributes: Mapping[str, object], project_id: str | None
) -> dict[str, object]:
    """Return attributes of an image with those that Glance's targets have besides."""
    owner = attributes["owner"]
    shared_with_caller = attributes["visibility"] == "shared" and owner != project_id
    member = project_id if shared_with_caller else None
    aliases = {
        "image_id": attributes["id"],
        "project_id": owner,
        "member": member,
        "member_id": member,
    }
    return {**attributes, **aliases}
