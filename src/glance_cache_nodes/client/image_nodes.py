# SPDX-License-Identifier: Apache-2.0
"""The client: the nodes that hold an image, and what an answer without them means."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.client.errors import from_answer, no_image, shown
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
_REMEDY = (
    "install glance-cache-nodes on every Glance node behind this address, or upgrade them to "
    "Glance 33 (2026.2), or name a node that has it by image_endpoint_override in clouds.yaml."
)
_NO_SUCH_CALL = f"The Glance node that answered cannot list nodes (no {{url}}): {_REMEDY}"
_EITHER = (
    "{url} answered 404, and not as Glance does: {said} Either there is no image {image_id} that "
    "you may see, which `openstack image show` tells, or what answered cannot list nodes: then "
    f"{_REMEDY}"
)
# What Glance says with 404 at any path that it does not have.
_NO_PATH = "The resource could not be found."
# What Glance 33 says with 404 where our filter says 409: image_cache_dir is not set.
_CACHING_OFF = "Caching via API is not supported"
# Beside 404: what a proxy says, or an endpoint that is not the image API's root.
_NO_ROUTE = {
    HTTPStatus.MULTIPLE_CHOICES,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_IMPLEMENTED,
}


@dataclass(frozen=True)
class CachedNode:
    """A node that holds an image; as text it is its URL.

    Fields are added by name, each with a default: make and read it by names.

    Attributes:
        url: the node reference URL, such as ``http://edge1:9292``.
    """

    url: str

    def __str__(self) -> str:
        return self.url


def cached_nodes(adapter: Adapter, image_id: str) -> list[CachedNode]:
    """Return the nodes that hold an image, in the order of the answer; none is an empty list.

    Glance 33 without the add-on gives no order; its nodes are sorted by URL.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service;
            its endpoint may end in ``/v2``.
        image_id: the image's UUID.

    Raises:
        CallError: no such image, no permission, no such call in this Glance, or no answer.
    """
    url = image_url(adapter, "cache", "nodes", image_id)
    response = call(adapter, "GET", url)
    if response.status_code == HTTPStatus.OK:
        return [CachedNode(url=each) for each in _urls(response, url)]
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise _what_is_missing(response, url, image_id)
    if response.status_code == HTTPStatus.FORBIDDEN:
        raise CallError(_REFUSED, response.status_code)
    if response.status_code in _NO_ROUTE:
        raise CallError(_NO_SUCH_CALL.format(url=url), response.status_code)
    raise from_answer(response, url)


def _what_is_missing(response: requests.Response, url: str, image_id: str) -> CallError:
    # The answer itself has to tell: behind a load balancer, another request would ask another node.
    said = explanation(response)
    if said.startswith(("No image ", f"Image {image_id} not found")):  # our filter; Glance 33
        return no_image(image_id)
    if said.startswith(_CACHING_OFF):
        return from_answer(response, url, meaning=HTTPStatus.CONFLICT)
    text = _NO_SUCH_CALL if said == _NO_PATH else _EITHER
    message = text.format(url=url, said=said, image_id=shown(image_id))
    return CallError(message, response.status_code)


def _urls(response: requests.Response, where: str) -> list[str]:
    try:
        body = response.json()
    except ValueError:
        body = None
    # Glance 33 without the filter answers everyone with a bare list.
    urls = body.get("cached_nodes") if isinstance(body, dict) else body
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise CallError(f"{where} answered something else than nodes: is it Glance's endpoint?")
    return urls if isinstance(body, dict) else sorted(urls)
