# SPDX-License-Identifier: Apache-2.0
"""Routes that try what ROUTES may hold: paths shared with Glance, parameters and a body."""

from __future__ import annotations

import webob

from glance_cache_nodes import service
from glance_cache_nodes.api import validation
from glance_cache_nodes.api.context import Params
from glance_cache_nodes.api.filter import CacheNodesFilter
from glance_cache_nodes.api.routes import ROUTES, Route, Routes
from glance_cache_nodes.policies.rules import LIST_CACHED_NODES

QUERY = {
    "verify": validation.BOOLEAN,
    "limit": validation.integer(1, 1000),
    "near": validation.text("the name of a site"),
    "node": validation.text("the URL of a node", repeatable=True),
}
BODY = validation.Body(
    {
        "description": "an object with nodes or count",
        "type": "object",
        "properties": {
            "nodes": {
                "description": "a list of node URLs",
                "type": "array",
                "minItems": 1,
                "items": {"description": "a node URL", "type": "string", "minLength": 1},
            },
            "count": {"description": "1 or more", "type": "integer", "minimum": 1},
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
    limit=1000,
)


def echo(_service: service.Service, _request: webob.Request, params: Params) -> webob.Response:
    """Answer with what was understood."""
    image = params.named_image.id if params.named_image else None
    return webob.Response(json_body={"image": image, "query": params.query, "body": params.body})


SAMPLES: Routes = {
    "/v2/cache/{image_id:uuid}": {"GET": Route(echo, LIST_CACHED_NODES)},
    "/v2/cache/nodes": {"GET": Route(echo, LIST_CACHED_NODES, query=QUERY)},
    "/v2/cache/nodes/{image_id}": {
        **ROUTES["/v2/cache/nodes/{image_id}"],
        "PUT": Route(echo, LIST_CACHED_NODES, body=BODY),
    },
}


def filter_factory(_global_conf, **_local_conf):
    """Return what paste wraps around the next application."""
    loaded = service.load()
    return lambda application: CacheNodesFilter(application, loaded, SAMPLES)
