# SPDX-License-Identifier: Apache-2.0
"""Every path of the API, with the methods that are ours there."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Callable

import webob

from glance_cache_nodes.api.context import Params
from glance_cache_nodes.api.handlers import (
    image_detail,
    image_nodes,
    images,
    local_image,
    nodes,
    placement,
)
from glance_cache_nodes.cache import layout
from glance_cache_nodes.policies import rules
from glance_cache_nodes.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.api.validation import Body, Parameter


Handler = Callable[[Service, webob.Request, Params], webob.Response]
"""What lasts from request to request, the request with the caller in ``request.context``, and what
it asks for, as its route describes it."""


@dataclasses.dataclass(frozen=True)
class Route:
    """What a method does at a path.

    Attributes:
        handler: answers a request that the rule allows and that is understood.
        rule: the policy rule. The image is its target, if the path names one.
        query: the query parameters that it takes, by name.
        body: the JSON body that it needs; None where it takes none.
    """

    handler: Handler
    rule: str
    query: Mapping[str, Parameter] = dataclasses.field(default_factory=dict)
    body: Body | None = None


Routes = dict[str, dict[str, Route]]
"""path -> method -> route. ``{name}`` in a path stands for one segment, ``{name:uuid}`` for one
that is a UUID. No two paths may match the same request."""

ROUTES: Routes = {
    "/v2/cache/nodes/{image_id}": {
        "GET": Route(image_nodes.list_for_image, rules.LIST_CACHED_NODES, query=image_nodes.QUERY),
        "PUT": Route(placement.cache, rules.CACHE_IMAGE, body=placement.BODY),
        "DELETE": Route(placement.evict, rules.CACHE_DELETE, query=placement.QUERY),
    },
    "/v2/cache/nodes/{image_id}/detail": {
        "GET": Route(image_detail.show, rules.LIST_CACHED_NODES, query=image_detail.QUERY),
    },
    "/v2/cache/nodes": {
        "GET": Route(nodes.list_all, rules.LIST_CACHED_NODES, query=nodes.QUERY),
    },
    "/v2/cache/images": {
        "GET": Route(images.list_page, rules.LIST_CACHED_NODES, query=images.QUERY),
    },
    # Glance has PUT and DELETE here, and `clean` and `prune`, which are no UUIDs.
    "/v2/cache/{image_id:uuid}": {
        "GET": Route(local_image.show, rules.LIST_CACHED_NODES),
    },
}

COMMON = "/cache"
"""What every path has: a request whose path has not is none of ours."""

_KINDS = {"": "[^/]+", "uuid": layout.IMAGE_ID}
_NAME = re.compile(r"{(\w+):?(\w*)}")
# A slash that is doubled or stands at the end makes no difference to a route.
_SLASHES = re.compile("/+")


class Table:
    """Routes, ready to be looked up."""

    def __init__(self, routes: Routes) -> None:
        self._entries = [(_pattern(path), methods) for path, methods in routes.items()]

    def find(self, path: str) -> tuple[dict[str, Route], dict[str, str]] | None:
        """Return what is ours at a path, by method, and its named segments; None for nothing."""
        if COMMON not in path:
            return None
        path = _SLASHES.sub("/", path)
        for pattern, methods in self._entries:
            match = pattern.match(path)
            if match:
                return methods, match.groupdict()
        return None


def _pattern(path: str) -> re.Pattern[str]:
    segments = _NAME.sub(lambda name: f"(?P<{name[1]}>{_KINDS[name[2]]})", path)
    return re.compile(segments + r"/?\Z")
