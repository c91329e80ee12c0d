# SPDX-License-Identifier: Apache-2.0
"""Errors of calls to Glance: one line that says what would be right."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from keystoneauth1 import exceptions as ksa

from glance_cache_nodes.client.text import explanation, one_line
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    import requests

# The statuses that mean the same for every call.
_MEANINGS = {
    401: "Glance at {where} does not accept the token: get a new one of this cloud.",
    400: "Glance refuses this request: {said}",
    403: "Glance refuses: {said}",
    409: "Glance does not do this: {said}",
    503: "Glance cannot answer now: {said} {retry}",
}
_NO_RECORD = (
    "This cloud keeps no record of cached images: {said} Each Glance node needs "
    "image_cache_dir and image_cache_driver = centralized_db."
)
_UNEXPECTED = (
    "Glance at {where} answered {status}: {said} Its log has more (request id {request_id})."
)

_NO_IMAGE = "No image {}, or you may not see it: `openstack image list` shows those you may see."

# keystoneauth's failures to get an answer, the special ones first.
_NO_ANSWER: tuple[tuple[type[Exception], str], ...] = (
    (ksa.SSLError, "No TLS with {where}: is its certificate signed by a CA that you trust?"),
    (ksa.ConnectTimeout, "Glance at {where} did not answer in time: is it up?"),
    (
        ksa.ConnectionError,
        "Glance at {where} cannot be reached: is it up, is the endpoint right?",
    ),
    (
        ksa.CatalogException,
        "The cloud has no image endpoint for this region and interface: check both, or set "
        "image_endpoint_override in clouds.yaml.",
    ),
    (ksa.Unauthorized, "Keystone does not accept the credentials: check user and password."),
)


def no_image(name_or_id: str) -> CallError:
    """Return the error for an image that Glance does not find.

    Args:
        name_or_id: what was asked for.
    """
    return CallError(_NO_IMAGE.format(shown(name_or_id)), HTTPStatus.NOT_FOUND)


def shown(name_or_id: str) -> str:
    """Return what was asked for, in one line."""
    plain = name_or_id.isprintable() and name_or_id.strip() == name_or_id != ""
    return name_or_id if plain else repr(name_or_id)


def from_failure(failure: Exception, where: str) -> CallError:
    """Return the error for a call that got no answer.

    Args:
        failure: what keystoneauth raised.
        where: the URL that was called, or the name of the service.
    """
    for kind, text in _NO_ANSWER:
        if isinstance(failure, kind):
            return CallError(text.format(where=where))
    return CallError(f"No answer from {where}: {one_line(str(failure))}")


def no_record(response: requests.Response) -> CallError:
    """Return the error for a Glance without a record of cached images.

    Args:
        response: Glance's answer.
    """
    return CallError(_NO_RECORD.format(said=explanation(response)), response.status_code)


def from_answer(response: requests.Response, where: str) -> CallError:
    """Return the error for a status that means the same for every call.

    Args:
        response: Glance's answer.
        where: the URL that was called.
    """
    status = response.status_code
    text = _MEANINGS.get(status, _UNEXPECTED).format(
        where=where,
        status=status,
        said=explanation(response),
        retry=_when_to_retry(response),
        request_id=one_line(response.headers.get("x-openstack-request-id", "none")),
    )
    return CallError(text, status)


def _when_to_retry(response: requests.Response) -> str:
    seconds = response.headers.get("Retry-After", "")
    return f"Try again in {seconds} s." if seconds.isdigit() else "Try again later."
