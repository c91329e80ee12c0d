# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/nodes/{image_id}``: the nodes that hold an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.api import checks, outgoing, responses, validation
from glance_cache_nodes.db import nodes
from glance_cache_nodes.fleet import outcome, verify

if TYPE_CHECKING:
    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.service import Service

QUERY = {"near": checks.SITE, "verify": validation.BOOLEAN}


def list_for_image(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with the nodes that hold an image: by the record, or by what they say now.

    Raises:
        webob.exc.HTTPException: 400, 409 or 404, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    in_order = checks.order_near(service.sites, params.query.get("near"))
    checks.require_record(service.conf)
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
    with outgoing.calling(service, request, params, size) as call:
        answers = verify.verify(call, image.id, registered)
    complete = outcome.are_complete(each.state for each in answers)
    checked = {"checked_at": responses.now(), "complete": complete}
    return [each.node for each in answers if each.state == outcome.CONFIRMED], checked
