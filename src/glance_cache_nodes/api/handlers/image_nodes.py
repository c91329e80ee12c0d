# SPDX-License-Identifier: Apache-2.0
"""``GET /v2/cache/nodes/{image_id}``: the nodes that hold an image, from the record."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import webob
import webob.exc

from glance_cache_nodes.api import responses
from glance_cache_nodes.db import image_nodes
from glance_cache_nodes.policies import rules
from glance_cache_nodes.policies.target import LazyTarget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.api.service import Service

# Glance accepts ids in this form only. \Z, because $ lets a newline pass.
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def list_for_image(service: Service, request: webob.Request, image_id: str) -> webob.Response:
    """Answer with the nodes that hold an image.

    Args:
        service: what lasts from request to request.
        request: the request, with the caller in ``request.context``.
        image_id: the last part of the path.

    Raises:
        webob.exc.HTTPException: 403, 400, 409 or 404, looked for in this order, so that nothing
            tells a caller who is refused whether an image exists.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    image = _Image(service, request.context, image_id)
    rules.enforce(
        service.enforcer, request.context, rules.LIST_CACHED_NODES, LazyTarget(image.attributes)
    )
    _refuse_what_is_not_understood(request)
    _require_central_cache(service.conf)
    urls = image.nodes()
    if urls is None:
        raise webob.exc.HTTPNotFound(explanation=_no_image(image_id))
    return responses.cached_nodes(
        urls,
        request.headers.get("User-Agent", ""),
        service.conf.cache_nodes.bare_list_user_agents,
    )


class _Image:
    """The image of a request, read once: whole if a rule looks at it, else its nodes alone."""

    def __init__(self, service: Service, context: Any, image_id: str) -> None:
        self._database, self._context, self._id = service.database, context, image_id
        self._has_id = _UUID.match(image_id) is not None
        self._nodes: Sequence[str] | None = None
        self._is_read = not self._has_id

    def attributes(self) -> Mapping[str, object]:
        return self._whole.attributes if self._whole else {}

    def nodes(self) -> Sequence[str] | None:
        if not self._is_read:
            self._nodes = image_nodes.find_nodes(self._database, self._context, self._id)
        return self._nodes

    @functools.cached_property
    def _whole(self) -> image_nodes.CachedImage | None:
        found = None
        if self._has_id:
            found = image_nodes.find_cached_image(self._database, self._context, self._id)
        self._nodes, self._is_read = found.nodes if found else None, True
        return found


def _no_image(image_id: str) -> str:
    if not _UUID.match(image_id):
        return "No image has this ID: an image ID is a UUID."
    return f"No image {image_id}, or you may not see it."


def _refuse_what_is_not_understood(request: webob.Request) -> None:
    if request.query_string:
        raise webob.exc.HTTPBadRequest(explanation="This call takes no query parameters.")
    if request.content_length or "Transfer-Encoding" in request.headers:
        raise webob.exc.HTTPBadRequest(explanation="This call takes no request body.")


def _require_central_cache(conf: Any) -> None:
    if not conf.image_cache_dir:
        raise webob.exc.HTTPConflict(
            explanation="Image caching is off on this node: image_cache_dir is not set."
        )
    driver = conf.image_cache_driver
    if driver.lower() != "centralized_db":
        raise webob.exc.HTTPConflict(
            explanation=f"This node keeps its cache record with the driver {driver}, where no "
            "other node can read it. The list of nodes needs image_cache_driver = centralized_db."
        )
