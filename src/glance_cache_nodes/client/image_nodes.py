# SPDX-License-Identifier: Apache-2.0
"""The client: the nodes that hold an image, and what an answer without them means."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.client.errors import from_answer
from glance_cache_nodes.client.text import explanation
from glance_cache_nodes.client.transport import call, image_url
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    import requests
    from keystoneauth1.adapter import Adapter

_REFUSED = (
    "You may not list the nodes of an image: Glance's rule list_cached_nodes refuses you; by "
    "default only the role admin may."
)
_ABSENT = "No image {}, or you may not see it: `openstack image list` shows those you may see."
_NO_SUCH_CALL = (
    "This Glance cannot list nodes (no {}): install glance-cache-nodes on the Glance nodes, or "
    "upgrade to Glance 33 (2026.2)."
)
# What Glance 33 says with 404 where our filter says 409: image_cache_dir is not set.
_CACHING_OFF = "Caching via API is not supported"
# Beside 404: what a proxy says, or an endpoint that is not the image API's root.
_NO_ROUTE = {
    HTTPStatus.MULTIPLE_CHOICES,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_IMPLEMENTED,
}


def cached_nodes(adapter: Adapter, image_id: str) -> list[str]:
    """Return the URLs of the nodes that hold an image, sorted; an empty list when none does.

    Args:
        adapter: a keystoneauth adapter for the image service; its endpoint may end in ``/v2``.
        image_id: the image's UUID.

    Raises:
        CallError: no such image, no permission, no such call in this Glance, or no answer.
    """
    url = image_url(adapter, "cache", "nodes", image_id)
    response = call(adapter, "GET", url)
    if response.status_code == HTTPStatus.OK:
        return sorted(_urls(response, url))
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise _what_is_missing(adapter, response, url, image_id)
    if response.status_code == HTTPStatus.FORBIDDEN:
        raise CallError(_REFUSED, response.status_code)
    if response.status_code in _NO_ROUTE:
        raise CallError(_NO_SUCH_CALL.format(url), response.status_code)
    raise from_answer(response, url)


def _what_is_missing(
    adapter: Adapter, response: requests.Response, url: str, image_id: str
) -> CallError:
    if not _has_route(adapter, url):
        return CallError(_NO_SUCH_CALL.format(url), response.status_code)
    if _CACHING_OFF in explanation(response):
        return from_answer(response, url, meaning=HTTPStatus.CONFLICT)
    return CallError(_ABSENT.format(image_id), response.status_code)


def _has_route(adapter: Adapter, url: str) -> bool:
    # Without the route Glance answers 404 to every method; with it, 405 to those that it lacks.
    # Not OPTIONS: Glance answers 200 to it on any path.
    probe = call(adapter, "PATCH", url)
    allowed = probe.headers.get("Allow", "")
    return probe.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "GET" in allowed


def _urls(response: requests.Response, where: str) -> list[str]:
    try:
        body = response.json()
    except ValueError:
        body = None
    # Glance 33 without the filter answers everyone with a bare list.
    urls = body.get("cached_nodes") if isinstance(body, dict) else body
    if isinstance(urls, list) and all(isinstance(url, str) for url in urls):
        return urls
    raise CallError(f"{where} answered something else than nodes: is it Glance's endpoint?")
