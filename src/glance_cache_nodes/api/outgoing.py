# SPDX-License-Identifier: Apache-2.0
"""A request that goes out to other nodes: with the caller's token, and to our own Glance inside."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import responses
from glance_cache_nodes.cache import local_image
from glance_cache_nodes.fleet import call, outcome
from glance_cache_nodes.fleet.call import OwnNode
from glance_cache_nodes.fleet.outcome import Answer
from glance_cache_nodes.net import own_glance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.fleet.call import Call
    from glance_cache_nodes.net.http import Response
    from glance_cache_nodes.service import Service

_OK = 200


def calling(
    service: Service, request: webob.Request, params: Params, size: int | None
) -> AbstractContextManager[Call]:
    """Make a call to other nodes about an image, for a block.

    Args:
        service: what lasts from request to request.
        request: the request, with the caller in ``request.context``.
        params: with the image of the path.
        size: of the image, in bytes; None where not known.

    Raises:
        TooManyCallsError: ``fleet_calls`` calls run.
    """
    own = OwnNode(
        service.conf.worker_self_reference_url,
        functools.partial(_look, service.conf, params.image.id, size),
        functools.partial(_send, params.glance, request),
    )
    token = {"X-Auth-Token": request.context.auth_token} if request.context.auth_token else {}
    return call.calling(
        service.node_calls,
        own,
        {**token, **_request_id(request)},
        started=params.started,
        has_access_rules=_has_access_rules(request),
    )


def calling_without_token(service: Service, request: webob.Request) -> AbstractContextManager[Call]:
    """Make a call that tells no node who asks, for a block.

    Raises:
        TooManyCallsError: ``fleet_calls`` calls run.
    """

    def nothing(*_: str) -> Any:
        raise LookupError("a call without a token is about no image")

    own = OwnNode(service.conf.worker_self_reference_url, nothing, nothing)
    return call.calling(service.node_calls, own, _request_id(request))


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


def _send(application: Any, request: webob.Request, method: str, path: str) -> Response:
    """Send a request to our own Glance, in the name of the caller whom its filters have found."""
    environ = own_glance.environ_for(request.environ, method, path, request.context)
    return own_glance.send(application, environ)
