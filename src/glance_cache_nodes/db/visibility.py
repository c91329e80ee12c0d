# SPDX-License-Identifier: Apache-2.0
"""Who may see an image, as a condition of a query.

It is what ``glance.db.utils.is_image_visible`` says: an admin sees every image; everybody sees an
image without owner, a public and a community one; else its owner does and, of a shared image,
every member, whatever the member's status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from glance_cache_nodes.db.tables import IMAGE_MEMBERS, IMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_ID = sa.bindparam("project_id", type_=sa.String)


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


_IS_MEMBER = (
    sa.select(IMAGE_MEMBERS.c.member)
    .where(
        IMAGE_MEMBERS.c.image_id == IMAGES.c.id,
        exactly(IMAGE_MEMBERS.c.member, PROJECT_ID),
        IMAGE_MEMBERS.c.deleted == sa.false(),
    )
    .exists()
)

IS_VISIBLE = sa.or_(
    IMAGES.c.owner.is_(None),
    IMAGES.c.visibility == "public",
    IMAGES.c.visibility == "community",
    exactly(IMAGES.c.owner, PROJECT_ID),
    sa.and_(IMAGES.c.visibility == "shared", _IS_MEMBER),
)
"""A condition on ``images`` with the caller's project as the parameter ``project_id``."""


def parameters(context: Any) -> Mapping[str, object]:
    """Return what :data:`IS_VISIBLE` has to be given for the caller of a request."""
    return {PROJECT_ID.key: context.project_id}
