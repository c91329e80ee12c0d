# SPDX-License-Identifier: Apache-2.0
"""The map: a page of images, each with all nodes that hold it, in one statement.

A page begins behind a marker, in the order of the ids, so it reads as much of an index as it has
rows; and as no row is counted, rows that come and go meanwhile move none to another page.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import operator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db import visibility
from glance_cache_nodes.db.image_nodes import ATTRIBUTES
from glance_cache_nodes.db.tables import CACHED_IMAGES, IMAGES, NODE_REFERENCE, exactly

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from glance_cache_nodes.db.database import Database

SHOWN = ("name", "status", "size")
COLUMNS = (*SHOWN, *(name for name in ATTRIBUTES if name not in {"id", *SHOWN}))
_MARKER = sa.bindparam("marker", type_=sa.String)
_IDS = sa.bindparam("ids", type_=sa.String, expanding=True)
_NODES = sa.bindparam("nodes", type_=sa.String, expanding=True)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)


@dataclasses.dataclass(frozen=True)
class Filters:
    """Which images a page has.

    Attributes:
        ids: only these, and these also where no node holds them; None for all that a node holds.
        nodes: only images with a copy on one of these; None for every node.
        leftover: those that Glance has deleted or purged, instead of those that it has.
    """

    ids: Collection[str] | None = None
    nodes: Collection[str] | None = None
    leftover: bool = False


@dataclasses.dataclass(frozen=True)
class Image:
    """An image of a page.

    Attributes:
        id: its id.
        attributes: the columns :data:`COLUMNS`, or only :data:`SHOWN`; each None for a leftover
            without a row in `images`.
        nodes: node reference URLs, sorted.
    """

    id: str
    attributes: Mapping[str, Any]
    nodes: Sequence[str]


def find(  # noqa: PLR0913 - what makes a page
    database: Database,
    context: Any,
    filters: Filters,
    *,
    columns: tuple[str, ...],
    marker: str,
    limit: int,
) -> tuple[Sequence[Image], str | None]:
    """Return a page of the map.

    Args:
        database: where Glance's tables are.
        context: the caller, as Glance's context filter made it; leftovers are only for admins.
        filters: which images.
        columns: which each image has: :data:`COLUMNS` or :data:`SHOWN`. There is a row for each
            copy, so all that is not needed costs time.
        marker: the id behind which the page begins; it need not exist. Empty for the first page.
        limit: how many images at most.

    Returns:
        The images, and the marker of the next page; None when there is none.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    has_ids, has_nodes = filters.ids is not None, filters.nodes is not None
    limits = visibility.parameters(context)
    statement = _page(columns, has_ids, has_nodes, filters.leftover, not limits)
    parameters: dict[str, object] = {"marker": marker, "limit": limit + 1, **limits}
    if has_ids:
        parameters["ids"] = sorted(filters.ids or ())
    if has_nodes:
        parameters["nodes"] = sorted(filters.nodes or ())
    page = list(_images(columns, database.rows(statement, parameters)))
    more = len(page) > limit
    page = page[:limit]
    following = page[-1].id if more else None
    # A collation may take an id in another case for the one that was asked for.
    asked = [image for image in page if filters.ids is None or image.id in filters.ids]
    return asked, following


def _images(columns: tuple[str, ...], rows: Sequence[Any]) -> Iterator[Image]:
    for image_id, group in itertools.groupby(rows, key=operator.itemgetter(0)):
        copies = list(group)
        attributes = dict(zip(columns, copies[0][1:]))
        yield Image(image_id, attributes, sorted({row[-1] for row in copies} - {None}))


@functools.cache
def _page(  # each makes another statement
    columns: tuple[str, ...],
    has_ids: bool,  # noqa: FBT001
    has_nodes: bool,  # noqa: FBT001
    leftover: bool,  # noqa: FBT001
    sees_all: bool,  # noqa: FBT001
) -> sa.Select[Any]:
    # An admin sees all that is held, and every leftover is held; of all others, an image is looked
    # at first, as most that are held may not be seen, or have not been asked for.
    by_record = leftover or (sees_all and not has_ids)
    ids = _from_record(has_nodes, leftover) if by_record else _from_images(has_ids, has_nodes)
    image_id = ids.selected_columns[0]
    if has_ids:
        ids = ids.where(image_id.in_(_IDS))
    if not sees_all:
        ids = ids.where(visibility.IS_VISIBLE)
    page = ids.where(image_id > _MARKER).order_by(image_id).limit(_LIMIT).subquery("page")
    shown = (IMAGES.c[name] for name in columns)
    return (
        sa.select(page.c.id, *shown, NODE_REFERENCE.c.node_reference_url)
        # One join after the other: SQLite reads a join of two tables as a whole first.
        .select_from(
            page.outerjoin(IMAGES, exactly(IMAGES.c.id, page.c.id))
            .outerjoin(CACHED_IMAGES, exactly(CACHED_IMAGES.c.image_id, page.c.id))
            .outerjoin(
                NODE_REFERENCE,
                NODE_REFERENCE.c.node_reference_id == CACHED_IMAGES.c.node_reference_id,
            )
        )
        .order_by(page.c.id)
    )


def _from_record(has_nodes: bool, leftover: bool) -> sa.Select[Any]:  # noqa: FBT001
    """Return the query of ids that reads the record in the order of its index."""
    image_id = CACHED_IMAGES.c.image_id
    # By a query of its own for each id, not by a join: SQLite would read all images for a Bloom
    # filter first, PostgreSQL might merge the two tables, MariaDB begin with all images, and sort.
    deleted = (
        sa.select(IMAGES.c.deleted)
        .where(exactly(IMAGES.c.id, image_id))
        .correlate(CACHED_IMAGES)
        .scalar_subquery()
    )
    is_gone = sa.func.coalesce(deleted, sa.true())
    ids = (
        sa.select(image_id.label("id"))
        .group_by(image_id)
        .having(is_gone == (sa.true() if leftover else sa.false()))
    )
    return ids.where(_is_on_nodes()) if has_nodes else ids


def _from_images(has_ids: bool, has_nodes: bool) -> sa.Select[Any]:  # noqa: FBT001
    """Return the query of ids that reads the images in the order of theirs."""
    ids = sa.select(IMAGES.c.id).where(IMAGES.c.deleted == sa.false())
    if has_ids and not has_nodes:
        return ids
    copy = sa.select(CACHED_IMAGES.c.image_id).where(exactly(CACHED_IMAGES.c.image_id, IMAGES.c.id))
    copy = copy.where(_is_on_nodes()) if has_nodes else copy
    # Not EXISTS, for which MariaDB may read the whole record first.
    return ids.where(copy.limit(sa.literal_column("1")).scalar_subquery().is_not(None))


def _is_on_nodes() -> sa.ColumnElement[bool]:
    numbers = sa.select(NODE_REFERENCE.c.node_reference_id).where(
        NODE_REFERENCE.c.node_reference_url.in_(_NODES)
    )
    return CACHED_IMAGES.c.node_reference_id.in_(numbers)
