# SPDX-License-Identifier: Apache-2.0
"""Glance's answer for one image: the nodes that have it in their cache, and their sites."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.client import cached_nodes, image_detail
from glance_cache_nodes.exception import CallError, NoSuchCallError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keystoneauth1.adapter import Adapter


@dataclass(frozen=True)
class Holders:
    """Where an image is.

    Attributes:
        names: the URLs of the nodes that have it, and the names of their sites.
    """

    names: frozenset[str] = frozenset()


def ask(adapter: Adapter, image_id: str) -> Holders:
    """Return where the image is, by Glance's record; no node is asked for it.

    Without the detail call, as on Glance 33 without the add-on, the nodes come without sites.

    Args:
        adapter: a keystoneauth adapter for the image service.
        image_id: the image's UUID.

    Raises:
        CallError: no such image, no permission, or no answer.
    """
    try:
        rows = image_detail(adapter, image_id).nodes
    except CallError as failure:
        # With 404, a proxy does not tell whether it is the image or the call that is missing.
        if failure.status != HTTPStatus.NOT_FOUND and not isinstance(failure, NoSuchCallError):
            raise
        return _holders(each.url for each in cached_nodes(adapter, image_id))
    found = [row for row in rows if row.on_record]
    return _holders([*(row.node for row in found), *(row.site or row.node for row in found)])


def _holders(names: Iterable[str]) -> Holders:
    # An operator need not know whether the URL on record ends with a slash.
    return Holders(frozenset(name.rstrip("/") for name in names))
