# SPDX-License-Identifier: Apache-2.0
"""The client: the nodes that have an image, by the record or by each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.client import fields
from glance_cache_nodes.client.answers import LIST_NODES, Call, ask, no_such_call
from glance_cache_nodes.client.transport import asks_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import requests
    from keystoneauth1.adapter import Adapter

_VERIFY = Call("ask the nodes for an image")
_NEAR = Call("order nodes by site")
_DETAIL = Call("ask each node about an image")


@dataclass(frozen=True)
class CachedNode:
    """A node that holds an image; as text it is its URL.

    Use the names of the fields: later versions add fields.

    Attributes:
        url: the node reference URL, such as ``http://edge1:9292``.
    """

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class NodeDetail:
    """What is known of an image on one node; as text it is the node's URL.

    Attributes:
        node: the node reference URL.
        site: the node's site; its URL without one.
        on_record: whether the record has the image on this node.
        state: ``confirmed``, ``damaged``, ``queued``, ``caching``, ``failed``, ``absent``,
            ``unsupported``, ``refused``, ``unreachable`` or ``unverified``.
        size: bytes on the node's disk, so far when it is caching.
        hits: downloads from this cache.
        last_accessed: time of the last one.
        last_modified: when its copy was written.
        reason: why the state is not ``confirmed``.
    """

    node: str
    site: str | None = None
    on_record: bool = False
    state: str = "unverified"
    size: int | None = None
    hits: int | None = None
    last_accessed: datetime | None = None
    last_modified: datetime | None = None
    reason: str | None = None

    def __str__(self) -> str:
        return self.node


@dataclass(frozen=True)
class ImageDetail:
    """What is known of an image on the nodes.

    Attributes:
        image_id: the image's UUID.
        checked_at: when the nodes were asked.
        complete: whether every node answered.
        nodes: a row a node.
    """

    image_id: str
    checked_at: datetime | None
    complete: bool
    nodes: tuple[NodeDetail, ...]


def cached_nodes(
    adapter: Adapter, image_id: str, near: str | None = None, *, verify: bool = False
) -> list[CachedNode]:
    """Return the nodes that hold an image, in the order of the answer; none is an empty list.

    Glance 33 without the add-on gives no order; its nodes are sorted by URL.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service;
            its endpoint may end in ``/v2``.
        image_id: the image's UUID.
        near: a site; the nodes that are nearest to it come first.
        verify: only those that confirm it just now, also where the record does not have them;
            ``image_detail`` tells of the others.

    Raises:
        CallError: no such image, no permission, no such call in this Glance, or no answer.
    """
    path = ("cache", "nodes", image_id)
    options: dict[str, Any] = {"timeout": asks_nodes(adapter)} if verify else {}
    params = _order(near) + [("verify", "true")] * verify
    response = ask(adapter, LIST_NODES, path, image_id=image_id, params=params, **options)
    urls, is_ours = _urls(response)
    wanted = _VERIFY if verify else _NEAR if near is not None else None
    # A Glance without the add-on ignores what it does not know, so it has not done it.
    if wanted and not is_ours:
        raise no_such_call(response, wanted, response.url.partition("?")[0])
    return [CachedNode(url=url) for url in urls]


def image_detail(
    adapter: Adapter,
    image_id: str,
    near: str | None = None,
    *,
    verify: bool = False,
    nodes: Iterable[str] = (),
) -> ImageDetail:
    """Return what is known of an image on each node.

    Args:
        adapter: as for ``cached_nodes``.
        image_id: the image's UUID.
        near: a site; the nodes that are nearest to it come first.
        verify: ask every registered node; without it, the nodes on record are told, unverified.
        nodes: ask only the nodes with these URLs.

    Raises:
        CallError: no such image, no permission, no such call in this Glance, or no answer.
    """
    params = _order(near) + [("verify", "true")] * verify + [("node", url) for url in nodes]
    response = ask(
        adapter,
        _DETAIL,
        ("cache", "nodes", image_id, "detail"),
        image_id=image_id,
        params=params,
        timeout=asks_nodes(adapter),
    )
    body = fields.body(response, "nodes")
    return ImageDetail(
        image_id=body.get("image_id", str) or image_id,
        checked_at=body.time("checked_at"),
        complete=body.need("complete", bool),
        nodes=tuple(_node(row) for row in body.objects("nodes")),
    )


def _order(near: str | None) -> list[tuple[str, str]]:
    return [] if near is None else [("near", near)]


def _node(row: fields.Fields) -> NodeDetail:
    return NodeDetail(
        node=row.need("node", str),
        site=row.get("site", str),
        on_record=row.need("on_record", bool),
        state=row.need("state", str),
        size=row.get("size", int),
        hits=row.get("hits", int),
        last_accessed=row.time("last_accessed"),
        last_modified=row.time("last_modified"),
        reason=row.get("reason", str),
    )


def _urls(response: requests.Response) -> tuple[list[str], bool]:
    try:
        body = response.json()
    except ValueError:
        body = None
    # Glance 33 without the filter answers everyone with a bare list.
    urls = body.get("cached_nodes") if isinstance(body, dict) else body
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise fields.not_of_the_form(response.url, "nodes")
    return (urls, True) if isinstance(body, dict) else (sorted(urls), False)
