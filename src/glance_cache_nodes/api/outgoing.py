# SPDX-License-Identifier: Apache-2.0
"""A request that goes out to other nodes: with the caller's token, and to our own Glance inside."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import webob

from glance_cache_nodes.api import responses
from glance_cache_nodes.cache import local_image
from glance_cache_nodes.fleet import outcome
from glance_cache_nodes.fleet.call import Call, OwnNode
from glance_cache_nodes.fleet.outcome import Answer
from glance_cache_nodes.fleet.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.api.routes import Params
    from glance_cache_nodes.api.service import Service

_OK = 200
# What of a request's environ belongs to its body, its path or what was found there.
_OF_THE_REQUEST = ("CONTENT_", "HTTP_CONTENT_", "HTTP_IF_", "HTTP_TRANSFER_", "HTTP_RANGE")
_OF_THE_ROUTE = ("routes.", "wsgiorg.", "webob.", "api.cache.", "wsgi.input_terminated")
_CONTEXT = "webob.adhoc_attrs"


def begin(service: Service, request: webob.Request, params: Params, size: int | None) -> Call:
    """Begin a call to other nodes about an image.

    Args:
        service: what lasts from request to request.
        request: the request, with the caller in ``request.context``.
        params: with the image of the path.
        size: of the image, in bytes; None where not known.
    """
    own = OwnNode(
        service.conf.worker_self_reference_url,
        functools.partial(_look, service.conf, params.image.id, size),
        functools.partial(_send, params.glance, request),
    )
    token = {"X-Auth-Token": request.context.auth_token} if request.context.auth_token else {}
    return service.fleet.call(
        own,
        {**token, **_request_id(request)},
        started=params.started,
        has_access_rules=_has_access_rules(request),
    )


def begin_without_token(service: Service, request: webob.Request) -> Call:
    """Begin a call that tells no node who asks."""

    def nothing(*_: str) -> Any:
        raise LookupError("a call without a token is about no image")

    own = OwnNode(service.conf.worker_self_reference_url, nothing, nothing)
    return service.fleet.call(own, _request_id(request))


def _request_id(request: webob.Request) -> Mapping[str, str]:
    return {"X-Openstack-Request-Id": request.context.request_id}


def _has_access_rules(request: webob.Request) -> bool:
    token = (request.environ.get("keystone.token_info") or {}).get("token") or {}
    return bool((token.get("application_credential") or {}).get("access_rules"))


def _look(conf: Any, image_id: str, size: int | None) -> Answer:
    found = local_image.look(conf.image_cache_dir, image_id, size)
    return Answer(
        conf.worker_self_reference_url,
        outcome.OUTCOMES[found.state],
        found.size,
        responses.utc(found.last_modified),
        found.reason,
        conf.image_cache_max_size,
        _OK,
    )


def _send(glance: Any, request: webob.Request, method: str, path: str) -> Reply:
    """Send a request to our own Glance, in the name of the caller whom its filters have found."""
    left_out = (*_OF_THE_REQUEST, *_OF_THE_ROUTE)
    environ = {
        name: value for name, value in request.environ.items() if not name.startswith(left_out)
    }
    environ.update(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_LENGTH": "0",
            "wsgi.input": io.BytesIO(),
            _CONTEXT: {"context": request.context},
        }
    )
    response = webob.Request(environ).get_response(glance)
    return Reply(response.status_int, response.body)
