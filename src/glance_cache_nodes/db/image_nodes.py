# SPDX-License-Identifier: Apache-2.0
"""The nodes that hold an image: one statement, with visibility as a part of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db import visibility
from glance_cache_nodes.db.tables import CACHED_IMAGES, IMAGE_ID, IMAGES, NODE_REFERENCE
from glance_cache_nodes.db.visibility import exactly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.db.database import Database

# Columns of `images` that policy rules usually compare with; the others are read when one does.
ATTRIBUTES = ("id", "name", "owner", "visibility", "status", "os_hidden", "protected")


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
    """Look up an image and the nodes that hold it, in one statement.

    Args:
        database: where Glance's tables are.
        context: the caller, as Glance's context filter made it.
        image_id: the image's id, compared exactly.

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


def _rows(
    database: Database, context: Any, image_id: str, of_any: Any, of_visible: Any
) -> Sequence[Any]:
    parameters = {IMAGE_ID.key: image_id}
    if context.is_admin:
        return database.rows(of_any, parameters)
    return database.rows(of_visible, {**parameters, **visibility.parameters(context)})


def _image(rows: Sequence[Any], attributes: Mapping[str, object]) -> CachedImage:
    size, status = rows[0][:2]
    return CachedImage(size, status, _urls(rows), attributes)


def _urls(rows: Sequence[Any]) -> Sequence[str]:
    return sorted({row[-1] for row in rows} - {None})


def policy_attributes(
    attributes: Mapping[str, object], project_id: str | None
) -> dict[str, object]:
    """Return attributes of an image with those that Glance's targets have besides.

    Args:
        attributes: by the names of :data:`ATTRIBUTES`.
        project_id: the caller's project.
    """
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
