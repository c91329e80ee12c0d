# SPDX-License-Identifier: Apache-2.0
"""The query parameters of the map, and the images of a page as targets of Glance's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import near, validation
from glance_cache_nodes.api.image import UUID, other_attributes
from glance_cache_nodes.db.image_nodes import policy_attributes
from glance_cache_nodes.policies.target import LazyTarget

if TYPE_CHECKING:
    from glance_cache_nodes.api.service import Service
    from glance_cache_nodes.db.images import Image

MOST_IDS = 100
_LARGEST_LIMIT = 2**31 - 1
_IN = "in:"
_IDS = re.compile(rf"{UUID}(?:,{UUID})*\Z")
# A URL is stored in ASCII, and an id in 36 characters.
_NODE = re.compile(r"[!-~]{1,255}\Z")
_MARKER = re.compile(r"[0-9A-Za-z_-]{1,36}\Z")


def _ids(text: str) -> frozenset[str]:
    listed = text.startswith(_IN)
    ids = text[len(_IN) :] if listed else text
    if not _IDS.match(ids) or ids.count(",") >= (MOST_IDS if listed else 1):
        raise ValueError(text)
    return frozenset(ids.split(","))


def _matching(pattern: re.Pattern[str], expects: str) -> validation.Parameter:
    def read(text: str) -> str:
        if not pattern.match(text):
            raise ValueError(text)
        return text

    return validation.Parameter(read, expects)


QUERY = {
    "image_id": validation.Parameter(
        _ids, f"the UUID of an image, or in: and up to {MOST_IDS} UUIDs with commas between them"
    ),
    "node": _matching(_NODE, "the URL of a node"),
    "site": near.PARAMETER,
    "leftover": validation.BOOLEAN,
    "limit": validation.integer(1, _LARGEST_LIMIT),
    "marker": _matching(_MARKER, "the image_id of the last image of the page before"),
}
"""Glance's own names and forms, where it has such a parameter for images."""


def target(service: Service, context: Any, image: Image) -> LazyTarget:
    """Return what policy rules compare with, for an image of a page.

    Args:
        service: what lasts from request to request.
        context: the caller, as Glance's context filter made it.
        image: an image that is known to be visible to the caller.
    """
    return LazyTarget(
        lambda: policy_attributes({"id": image.id, **image.attributes}, context.project_id),
        lambda: other_attributes(service, context, image.id),
    )
