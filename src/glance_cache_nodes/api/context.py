# SPDX-License-Identifier: Apache-2.0
"""The caller of a request, from Glance's filter ``context``, and what the caller asks for."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import webob
import webob.exc

from glance_cache_nodes.api import responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.api.image import RequestedImage


def require(request: webob.Request) -> Any:
    """Return the caller.

    Raises:
        webob.exc.HTTPException: 431, for a request id that is too long. Glance leaves this
            refusal where the caller should be.
        RuntimeError: the filter is before ``context`` in the pipeline.
    """
    context = getattr(request, "context", None)
    if isinstance(context, webob.exc.HTTPException):
        raise context
    if context is None:
        raise RuntimeError(
            "the filter cache_nodes must stand after context in glance-api-paste.ini; "
            "`glance-cache-nodes paste` puts it there"
        )
    return context


def give_request_id(request: webob.Request, response: webob.Response) -> None:
    """Set the request id of a response without a caller.

    For all others the filter ``context`` sets it.
    """
    if not hasattr(getattr(request, "context", None), "request_id"):
        response.headers["x-openstack-request-id"] = responses.new_request_id()


@dataclasses.dataclass(frozen=True)
class Params:
    """What a request asks for, after it was found to be understood.

    Attributes:
        named_image: the image that the path names, if it names one.
        query: the query parameters that were given, by name: a list of values for one that is
            repeatable, else a value, each of the type that its description says.
        body: the body, as its schema describes it; None where the route takes none.
        glance: the rest of Glance's pipeline: a WSGI application.
        started: when the request came, by the monotonic clock.
    """

    named_image: RequestedImage | None
    query: Mapping[str, Any]
    body: Any
    glance: Any
    started: float

    @property
    def image(self) -> RequestedImage:
        """The image, for a route whose path names one."""
        if self.named_image is None:
            raise LookupError("the path of this route has no {image_id}")
        return self.named_image
