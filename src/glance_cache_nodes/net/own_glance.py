# SPDX-License-Identifier: Apache-2.0
"""This node's own Glance, called inside the process behind a filter, in the name of the caller."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import webob

from glance_cache_nodes.net.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

# What of a request belongs to its body, to the answer that it wants, or to what was found there.
_LEFT_OUT = (
    *("CONTENT_", "HTTP_CONTENT_", "HTTP_EXPECT", "HTTP_IF_", "HTTP_RANGE", "HTTP_TRANSFER_"),
    *("api.cache.", "routes.", "webob.", "wsgi.", "wsgiorg."),
)
# What else may outlive the request: a filter behind reads who the caller is.
_OBJECTS = ("keystone.token_auth", "keystone.token_info", "wsgi.errors", "wsgi.version")
_FLAGS = ("wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once", "wsgi.url_scheme")


def environ_for(environ: Mapping[str, Any], method: str, path: str, context: Any) -> dict[str, Any]:
    """Return the environ of a request without body and query; it may be used later, and once."""
    kept = {
        key: value
        for key, value in environ.items()
        if isinstance(value, str) and not key.startswith(_LEFT_OUT)
    }
    kept.update((key, environ[key]) for key in (*_OBJECTS, *_FLAGS) if key in environ)
    return {
        **kept,
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "0",
        "wsgi.input": io.BytesIO(),
        "webob.adhoc_attrs": {"context": context},
    }


def send(application: Any, environ: dict[str, Any]) -> Response:
    """Send a request to the application behind the filter, and return its whole answer."""
    response = webob.Request(environ).get_response(application)
    return Response(response.status_int, response.body)
