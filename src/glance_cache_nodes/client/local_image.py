# SPDX-License-Identifier: Apache-2.0
"""The client: an image on the disk of the node that answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.client import fields
from glance_cache_nodes.client.answers import Call, ask

if TYPE_CHECKING:
    from datetime import datetime

    from keystoneauth1.adapter import Adapter

_LOCAL = Call("show what its disk has of an image")


@dataclass(frozen=True)
class LocalImage:
    """An image on a node's disk.

    Attributes:
        node: the node's own reference URL.
        image_id: the image's UUID.
        state: ``cached``, ``queued``, ``caching``, ``failed``, ``damaged`` or ``absent``.
        size: bytes on the disk, so far when it is caching.
        expected_size: bytes of the image, as Glance knows it.
        last_modified: when the file was written.
        reason: why the state is ``failed`` or ``damaged``.
    """

    node: str | None
    image_id: str
    state: str
    size: int | None = None
    expected_size: int | None = None
    last_modified: datetime | None = None
    reason: str | None = None


def local_image(adapter: Adapter, image_id: str) -> LocalImage:
    """Return the state of an image on the disk of the node that answers.

    Args:
        adapter: an adapter whose endpoint is that node, and no load balancer.
        image_id: the image's UUID.

    Raises:
        CallError: no such image, no permission, no such call in this Glance, or no answer.
    """
    response = ask(adapter, _LOCAL, ("cache", image_id), image_id=image_id)
    body = fields.body(response, "the state of an image")
    return LocalImage(
        node=body.get("node", str),
        image_id=body.get("image_id", str) or image_id,
        state=body.need("state", str),
        size=body.get("size", int),
        expected_size=body.get("expected_size", int),
        last_modified=body.time("last_modified"),
        reason=body.get("reason", str),
    )
