# SPDX-License-Identifier: Apache-2.0
"""The client: all registered nodes, and whether they are up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.client import fields
from glance_cache_nodes.client.answers import Call, ask
from glance_cache_nodes.client.transport import asks_nodes

if TYPE_CHECKING:
    from datetime import datetime

    from keystoneauth1.adapter import Adapter

_NODES = Call("list all nodes")


@dataclass(frozen=True)
class Node:
    """A Glance node; as text it is its URL.

    Attributes:
        url: the node reference URL.
        site: the node's site; its URL without one.
        images: images on record; None unless the caller is an admin.
        bytes: bytes of these; None unless the caller is an admin.
        last_accessed: time of the last download from its cache.
        status: ``up`` or ``down``; None where it was not probed.
        latency_ms: milliseconds to its answer.
    """

    url: str
    site: str | None = None
    images: int | None = None
    bytes: int | None = None
    last_accessed: datetime | None = None
    status: str | None = None
    latency_ms: float | None = None

    def __str__(self) -> str:
        return self.url


def nodes(adapter: Adapter, near: str | None = None, *, probe: bool = False) -> list[Node]:
    """Return every node in the order of the answer.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        near: a site; the nodes that are nearest to it come first.
        probe: ask each node, without a token, whether it is up.

    Raises:
        CallError: no permission, no such call in this Glance, or no answer.
    """
    response = ask(
        adapter,
        _NODES,
        ("cache", "nodes"),
        params=([] if near is None else [("near", near)]) + [("probe", "true")] * probe,
        timeout=asks_nodes(adapter),
    )
    rows = fields.body(response, "nodes").objects("nodes")
    return [
        Node(
            url=row.need("url", str),
            site=row.get("site", str),
            images=row.get("images", int),
            bytes=row.get("bytes", int),
            last_accessed=row.time("last_accessed"),
            status=row.get("status", str),
            latency_ms=row.number("latency_ms"),
        )
        for row in rows
    ]
