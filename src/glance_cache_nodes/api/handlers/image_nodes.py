# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/nodes/{image_id}``: the nodes that hold an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.api import near, outgoing, record, responses, validation
from glance_cache_nodes.db import nodes
from glance_cache_nodes.fleet import outcome, verify

if TYPE_CHECKING:
    import webob

    from glance_cache_nodes.api.routes import Params
    from glance_cache_nodes.api.service import Service

QUERY = {"near": near.PARAMETER, "verify": validation.BOOLEAN}


def list_for_image(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with the nodes that hold an image: by the record, or by what they say now.

    Args:
        service: what lasts from request to request.
        request: the request, with the caller in ``request.context``.
        params: with the image of the path.

    Raises:
        webob.exc.HTTPException: 400, 409 or 404, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    in_order = near.order(service.sites, params.query.get("near"))
    record.require(service.conf)
    urls, checked = params.image.nodes(), None
    if params.query.get("verify"):
        urls, checked = _verified(service, request, params)
    return responses.cached_nodes(
        in_order(urls),
        request.headers.get("User-Agent", ""),
        service.conf.cache_nodes.bare_list_user_agents,
        checked,
    )


def _verified(
    service: Service, request: webob.Request, params: Params
) -> tuple[list[str], dict[str, object]]:
    image, size = params.image, params.image.found().size
    registered = nodes.find_urls(service.database)
    call = outgoing.begin(service, request, params, size)
    answers = verify.ask(call, image.id, registered)
    checked = {"checked_at": responses.now(), "complete": verify.is_complete(answers)}
    return [each.node for each in answers if each.state == outcome.CONFIRMED], checked
