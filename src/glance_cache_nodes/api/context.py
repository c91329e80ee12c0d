# SPDX-License-Identifier: Apache-2.0
"""The caller of a request, from Glance's filter ``context``."""

from __future__ import annotations

from typing import Any

import webob
import webob.exc

from glance_cache_nodes.api import responses


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
