# SPDX-License-Identifier: Apache-2.0
"""Glance's tables, by the columns that all supported releases have and that are used here."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def _columns(kind: Any, *names: str) -> tuple[sa.ColumnClause[Any], ...]:
    return tuple(sa.column(name, kind) for name in names)


IMAGES = sa.table(
    "images",
    *_columns(sa.String, "id", "name", "owner", "visibility", "status"),
    *_columns(sa.String, "disk_format", "container_format"),
    *_columns(sa.String, "checksum", "os_hash_algo", "os_hash_value"),
    *_columns(sa.BigInteger, "min_disk", "min_ram", "size", "virtual_size"),
    *_columns(sa.Boolean, "os_hidden", "protected", "deleted"),
    *_columns(sa.DateTime, "created_at", "updated_at"),
)
IMAGE_MEMBERS = sa.table(
    "image_members",
    *_columns(sa.String, "image_id", "member"),
    *_columns(sa.Boolean, "deleted"),
)
IMAGE_PROPERTIES = sa.table(
    "image_properties",
    *_columns(sa.String, "image_id", "name", "value"),
    *_columns(sa.Boolean, "deleted"),
)
CACHED_IMAGES = sa.table(
    "cached_images",
    *_columns(sa.String, "image_id"),
    *_columns(sa.BigInteger, "node_reference_id", "size", "hits"),
    *_columns(sa.DateTime, "last_accessed", "last_modified"),
)
NODE_REFERENCE = sa.table(
    "node_reference",
    *_columns(sa.BigInteger, "node_reference_id"),
    *_columns(sa.String, "node_reference_url"),
)
IMAGE_ID = sa.bindparam("image_id", type_=sa.String)
"""The parameter that names the image of a query."""


class exactly(FunctionElement):  # type: ignore[type-arg]  # noqa: N801
    """``exactly(a, b)``: both strings have the same characters, on every database.

    The usual collations of MariaDB and MySQL find ``lab`` equal to ``LAB`` and to ``lab`` with a
    space behind it. There the bytes are compared as well, after the plain comparison, which an
    index can serve.
    """

    # Not Boolean: SQLAlchemy would write "(a = b) = 1" then, for which no index is used.
    type = sa.types.NullType()
    inherit_cache = True


@compiles(exactly)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    left, right = element.clauses
    return compiler.process(left == right, **options)  # type: ignore[no-any-return]


@compiles(exactly, "mysql")
@compiles(exactly, "mariadb")
def _bytes_too(element: Any, compiler: Any, **options: Any) -> str:
    left, right = element.clauses
    same_bytes = sa.cast(left, sa.BINARY) == sa.cast(right, sa.BINARY)
    return compiler.process(  # type: ignore[no-any-return]
        sa.and_(left == right, same_bytes).self_group(), **options
    )
