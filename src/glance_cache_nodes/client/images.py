# SPDX-License-Identifier: Apache-2.0
"""The client: images and the nodes that have them."""

from __future__ import annotations

import itertools
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.client import fields
from glance_cache_nodes.client.answers import Call, ask
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keystoneauth1.adapter import Adapter

_MAP = Call("list cached images")
_PAGE = 1000  # images that are asked for at once; Glance gives api_limit_max at most
_BATCH = 100  # IDs in one request: more make a URL that servers do not take
_ENDLESS = "Glance gives the same page of images again as the next one: is it Glance's endpoint?"


@dataclass(frozen=True)
class CachedImage:
    """An image and its nodes, by the record.

    Attributes:
        image_id: the image's UUID.
        name: its name; None too for a leftover that Glance has purged.
        status: its status in Glance; None for such a leftover.
        size: its bytes; None where Glance does not know it.
        cached_nodes: the node reference URLs.
    """

    image_id: str
    name: str | None
    status: str | None
    size: int | None
    cached_nodes: tuple[str, ...]


def images(
    adapter: Adapter,
    *,
    image_ids: Iterable[str] | None = None,
    node: str | None = None,
    site: str | None = None,
    leftover: bool = False,
) -> Iterator[CachedImage]:
    """Yield each cached image once, in the order of the IDs.

    Pages are requested when needed.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        image_ids: only these, any number of them; None for all.
        node: only images that the node with this URL holds.
        site: only images that a node of this site holds.
        leftover: instead of Glance's images, those that it has deleted; for admins.

    Raises:
        CallError: no permission, no such call in this Glance, or no answer.
    """
    filters = {"node": node, "site": site, "leftover": "true" if leftover else None}
    seen: set[str] = set()
    for batch in _batches(image_ids):
        params = {key: value for key, value in (filters | batch).items() if value is not None}
        for image in _walk(adapter, {**params, "limit": str(_PAGE)}):
            if image.image_id not in seen:
                seen.add(image.image_id)
                yield image


def _batches(image_ids: Iterable[str] | None) -> Iterator[dict[str, str | None]]:
    if image_ids is None:
        yield {}
        return
    rest = iter(sorted(set(image_ids)))
    while batch := list(itertools.islice(rest, _BATCH)):
        yield {"image_id": "in:" + ",".join(batch)}


def _walk(adapter: Adapter, params: dict[str, str]) -> Iterator[CachedImage]:
    following: dict[str, str] | None = params
    while following is not None:
        asked, (page, following) = following, _page(adapter, following)
        yield from page
        if following == asked:
            raise CallError(_ENDLESS)


def _page(
    adapter: Adapter, params: dict[str, str]
) -> tuple[list[CachedImage], dict[str, str] | None]:
    response = ask(adapter, _MAP, ("cache", "images"), params=params)
    body = fields.body(response, "images")
    link = body.get("next", str)
    # Only the query of the link is used: nothing in an answer chooses the server that is asked.
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link or "").query))
    return [_image(row) for row in body.objects("images")], query if link else None


def _image(row: fields.Fields) -> CachedImage:
    return CachedImage(
        image_id=row.need("image_id", str),
        name=row.get("name", str),
        status=row.get("status", str),
        size=row.get("size", int),
        cached_nodes=row.texts("cached_nodes"),
    )
