# SPDX-License-Identifier: Apache-2.0
"""Who may see an image, as a condition of a query.

It is what ``glance.db.utils.is_image_visible`` says: an admin sees every image; everybody sees an
image without owner, a public and a community one; else its owner does and, of a shared image,
every member, whatever the member's status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db.tables import IMAGE_MEMBERS, IMAGES, exactly

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROJECT_ID = sa.bindparam("project_id", type_=sa.String)
_IS_MEMBER = (
    sa.select(IMAGE_MEMBERS.c.member)
    .where(
        IMAGE_MEMBERS.c.image_id == IMAGES.c.id,
        exactly(IMAGE_MEMBERS.c.member, _PROJECT_ID),
        IMAGE_MEMBERS.c.deleted == sa.false(),
    )
    .exists()
)

IS_VISIBLE = sa.or_(
    IMAGES.c.owner.is_(None),
    IMAGES.c.visibility == "public",
    IMAGES.c.visibility == "community",
    exactly(IMAGES.c.owner, _PROJECT_ID),
    sa.and_(IMAGES.c.visibility == "shared", _IS_MEMBER),
)
"""A condition on ``images``, for callers who do not see all of them."""


def parameters(context: Any) -> Mapping[str, object]:
    """Return what :data:`IS_VISIBLE` needs; empty for an admin, who sees all images."""
    return {} if context.is_admin else {_PROJECT_ID.key: context.project_id}
