# SPDX-License-Identifier: Apache-2.0
"""One call of the add-on, and what answers of others mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.client.errors import from_answer, no_image, no_record, shown
from glance_cache_nodes.client.text import explanation
from glance_cache_nodes.client.transport import call, image_url
from glance_cache_nodes.exception import CallError, NoSuchCallError

if TYPE_CHECKING:
    import requests
    from keystoneauth1.adapter import Adapter

_REFUSED = (
    "You may not {does}: Glance's rule {rule} refuses you; by default only the role admin may."
)
_INSTALL = "install this version of glance-cache-nodes on every Glance node behind this address, "
_NAME_A_NODE = "or name a node that has it by image_endpoint_override in clouds.yaml."
_NO_SUCH_CALL = "The Glance node that answered cannot {does} (no {url}): {remedy}"
_EITHER = (
    "{url} answered 404, and not as Glance does: {said} Either there is no image {image_id} that "
    "you may see, which `openstack image show` tells, or what answered cannot {does}: then {remedy}"
)
# What Glance says with 404 at any path that it does not have.
_NO_PATH = "The resource could not be found."
# What Glance 33 says with 404, and Glance and our filter with 409, where nothing is recorded.
_NO_RECORD = re.compile("Caching via API is not supported|Centralized caching|.*image_cache_d")
_NO_RECORD_STATUSES = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
# Beside 404: what a proxy says, or an endpoint that is not the image API's root.
_NO_ROUTE = {
    HTTPStatus.MULTIPLE_CHOICES,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_IMPLEMENTED,
}


@dataclass(frozen=True)
class Call:
    """A call of the add-on, in words for a person.

    Attributes:
        does: what it does, as in "cannot list nodes".
        rule: the rule that lets a caller do it.
        remedy: how a cloud gets the call where a Glance has not got it.
    """

    does: str
    rule: str = "list_cached_nodes"
    remedy: str = _INSTALL + _NAME_A_NODE


LIST_NODES = Call(
    "list nodes",
    remedy="install glance-cache-nodes on every Glance node behind this address, or upgrade them "
    "to Glance 33 (2026.2), " + _NAME_A_NODE,
)


def ask(
    adapter: Adapter,
    what: Call,
    path: tuple[str, ...],
    *,
    method: str = "GET",
    image_id: str | None = None,
    **options: Any,
) -> requests.Response:
    """Send one call and return its successful answer.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        what: the call, for the text of an error.
        path: the path below ``/v2``, not quoted.
        method: the HTTP method.
        image_id: the image that it is about, if it is about one.
        options: more of what ``transport.call`` takes.

    Raises:
        CallError: any other answer, or none.
    """
    url = image_url(adapter, *path)
    response = call(adapter, method, url, **options)
    if response.status_code in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
        return response
    raise _failure(response, what, url, image_id)


def no_such_call(response: requests.Response, what: Call, url: str) -> NoSuchCallError:
    """Return the error for a Glance without the call.

    Args:
        response: its answer.
        what: the call.
        url: what was called.
    """
    text = _NO_SUCH_CALL.format(does=what.does, url=url, remedy=what.remedy)
    return NoSuchCallError(text, response.status_code)


def _failure(response: requests.Response, what: Call, url: str, image_id: str | None) -> CallError:
    said = explanation(response)
    if response.status_code in _NO_RECORD_STATUSES and _NO_RECORD.match(said):
        return no_record(response)
    if response.status_code == HTTPStatus.NOT_FOUND:
        return _what_is_missing(response, what, url, image_id)
    # Other words than that the rule refuses tell more than its name.
    if response.status_code == HTTPStatus.FORBIDDEN and what.rule in said:
        return CallError(_REFUSED.format(does=what.does, rule=what.rule), response.status_code)
    if response.status_code in _NO_ROUTE:
        return no_such_call(response, what, url)
    return from_answer(response, url)


def _what_is_missing(
    response: requests.Response, what: Call, url: str, image_id: str | None
) -> CallError:
    # The answer itself has to tell: behind a load balancer, another request would ask another node.
    said = explanation(response)
    if image_id is None or said == _NO_PATH:
        return no_such_call(response, what, url)
    if said.startswith(("No image ", f"Image {image_id} not found")):  # our filter; Glance 33
        return no_image(image_id)
    text = _EITHER.format(
        url=url, said=said, image_id=shown(image_id), does=what.does, remedy=what.remedy
    )
    return CallError(text, response.status_code)
