# SPDX-License-Identifier: Apache-2.0
"""Glance's tables, by the columns that all supported releases have and that a query here reads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


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
