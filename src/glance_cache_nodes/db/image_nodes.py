# SPDX-License-Identifier: Apache-2.0
"""Every question to Glance's tables: one statement each, with visibility as part of it.

The tables are described here by the columns that all supported releases have. Who may see an
image is what ``glance.db.utils.is_image_visible`` says: an admin sees all; everybody sees an
image without owner, a public and a community one; else its owner does and, of a shared image,
every member, whatever the member's status.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.db.database import Database

# Columns of `images` that a policy rule may compare with.
_STRINGS = ("id", "name", "owner", "visibility", "status")
_BOOLEANS = ("os_hidden", "protected")
ATTRIBUTES = _STRINGS + _BOOLEANS

_images = sa.table(
    "images",
    *(sa.column(name) for name in _STRINGS),
    *(sa.column(name, sa.Boolean) for name in (*_BOOLEANS, "deleted")),
)
_members = sa.table(
    "image_members",
    sa.column("image_id"),
    sa.column("member"),
    sa.column("deleted", sa.Boolean),
)
_cached = sa.table("cached_images", sa.column("image_id"), sa.column("node_reference_id"))
_nodes = sa.table("node_reference", sa.column("node_reference_id"), sa.column("node_reference_url"))

_IS_MEMBER = (
    sa.select(_members.c.member)
    .where(
        _members.c.image_id == _images.c.id,
        _members.c.member == sa.bindparam("project_id"),
        _members.c.deleted == sa.false(),
    )
    .exists()
)
_IS_VISIBLE = sa.or_(
    _images.c.owner.is_(None),
    _images.c.visibility == "public",
    _images.c.visibility == "community",
    _images.c.owner == sa.bindparam("project_id"),
    sa.and_(_images.c.visibility == "shared", _IS_MEMBER),
)


def _nodes_of_image(*columns: Any) -> Any:
    """Return the question for columns of an image, in a row for each node that holds it."""
    return (
        sa.select(*columns, _nodes.c.node_reference_url)
        .select_from(
            _images.outerjoin(_cached, _cached.c.image_id == _images.c.id).outerjoin(
                _nodes, _nodes.c.node_reference_id == _cached.c.node_reference_id
            )
        )
        .where(_images.c.id == sa.bindparam("image_id"), _images.c.deleted == sa.false())
    )


_NODES = _nodes_of_image(_images.c.id)
_NODES_OF_VISIBLE = _NODES.where(_IS_VISIBLE)
_IMAGE = _nodes_of_image(*(_images.c[name] for name in ATTRIBUTES))
_VISIBLE_IMAGE = _IMAGE.where(_IS_VISIBLE)


@dataclasses.dataclass(frozen=True)
class CachedImage:
    """An image that the caller may see, and the nodes that hold it by the record.

    Attributes:
        attributes: what a policy rule may compare with, under Glance's names for policy targets.
        nodes: node reference URLs, sorted.
    """

    attributes: Mapping[str, object]
    nodes: Sequence[str]


def find_nodes(database: Database, context: Any, image_id: str) -> Sequence[str] | None:
    """Look up the nodes that hold an image, in one statement.

    Args:
        database: where Glance's tables are.
        context: the caller, as Glance's context filter made it.
        image_id: the image's id, compared exactly.

    Returns:
        Node reference URLs, sorted; None for an image that does not exist, is deleted, or that
        the caller may not see.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    rows = _rows(database, context, image_id, _NODES, _NODES_OF_VISIBLE)
    return _urls(rows) if rows else None


def find_cached_image(database: Database, context: Any, image_id: str) -> CachedImage | None:
    """Look up the same together with the image's attributes, also in one statement."""
    rows = _rows(database, context, image_id, _IMAGE, _VISIBLE_IMAGE)
    if not rows:
        return None
    return CachedImage(_policy_attributes(rows[0], context.project_id), _urls(rows))


def _rows(database: Database, context: Any, image_id: str, of_any: Any, of_visible: Any) -> Any:
    if context.is_admin:
        rows = database.rows(of_any, {"image_id": image_id})
    else:
        parameters = {"image_id": image_id, "project_id": context.project_id}
        rows = database.rows(of_visible, parameters)
    # MariaDB's usual collation finds an id in any case; SQLite and PostgreSQL do not. One answer.
    return [row for row in rows if row[0] == image_id]


def _urls(rows: Sequence[Any]) -> Sequence[str]:
    return sorted({row[-1] for row in rows} - {None})


def _policy_attributes(row: Sequence[Any], project_id: str | None) -> dict[str, object]:
    attributes = dict(zip(ATTRIBUTES, row))
    attributes.update((name, bool(attributes[name])) for name in _BOOLEANS)
    owner = attributes["owner"]
    shared_with_caller = attributes["visibility"] == "shared" and owner != project_id
    member = project_id if shared_with_caller else None
    aliases = {"image_id": row[0], "project_id": owner, "member": member, "member_id": member}
    return {**attributes, **aliases}
