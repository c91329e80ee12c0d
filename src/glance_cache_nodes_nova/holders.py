# SPDX-License-Identifier: Apache-2.0
"""Glance's answer for one image: the nodes that have it in their cache, and their sites."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import requests

from glance_cache_nodes.client import cached_nodes
from glance_cache_nodes.client.errors import from_answer
from glance_cache_nodes.client.transport import call, image_url
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keystoneauth1.adapter import Adapter

LONGEST = 8 * 2**20  # bytes of an answer: a thousand nodes take a thirtieth of it
_NO_DETAIL = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
_NO_ROWS = "{url} answered something else than rows of nodes: is it Glance's endpoint?"


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
    url = image_url(adapter, "cache", "nodes", image_id, "detail")
    response = call(adapter, "GET", url, stream=True)
    try:
        if response.status_code in _NO_DETAIL:
            return _holders(each.url for each in cached_nodes(adapter, image_id))
        if response.status_code != HTTPStatus.OK:
            raise from_answer(response, url)
        return _holders(_names(_body(response, url), url))
    finally:
        response.close()


def _holders(names: Iterable[str]) -> Holders:
    # An operator need not know whether the URL on record ends with a slash.
    return Holders(frozenset(name.rstrip("/") for name in names))


def _body(response: requests.Response, url: str) -> Any:
    read = bytearray()
    try:
        for chunk in response.iter_content(65536):
            read += chunk
            if len(read) > LONGEST:
                break
        return json.loads(read) if len(read) <= LONGEST else None
    except (ValueError, RecursionError):
        return None
    except requests.RequestException as failure:
        raise CallError(f"{url} broke off its answer") from failure


def _names(body: Any, url: str) -> set[str]:
    rows = body.get("nodes") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CallError(_NO_ROWS.format(url=url))
    values = (
        row.get(key) for row in rows if row.get("on_record", True) for key in ("node", "site")
    )
    return {value for value in values if isinstance(value, str)}
