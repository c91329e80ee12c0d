# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/nodes/{image_id}``: the nodes that hold an image, from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.api import near, record, responses

if TYPE_CHECKING:
    import webob

    from glance_cache_nodes.api.routes import Params
    from glance_cache_nodes.api.service import Service

QUERY = {"near": near.PARAMETER}


def list_for_image(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with the nodes that hold an image.

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
    return responses.cached_nodes(
        in_order(params.image.nodes()),
        request.headers.get("User-Agent", ""),
        service.conf.cache_nodes.bare_list_user_agents,
    )
