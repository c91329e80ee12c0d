# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/{image_id}``: what this node's disk holds of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import checks, responses
from glance_cache_nodes.cache import local_image
from glance_cache_nodes.db import image_copies

if TYPE_CHECKING:
    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.api.image import RequestedImage
    from glance_cache_nodes.service import Service


def show(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with what lies in this node's cache directory, whatever the record says.

    Raises:
        webob.exc.HTTPException: 409 or 404, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    del request
    checks.require_cache(service.conf)
    return responses.in_json(describe(service, params.image))


def describe(service: Service, image: RequestedImage) -> dict[str, Any]:
    """Return what this node's disk holds of an image, as the body of the answer.

    An admin is told of what is left of an image that Glance has no more, too.

    Raises:
        webob.exc.HTTPNotFound: there is no such image that the caller may see.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    found = image.found_or_gone() or image_copies.find_leftover(service.database, image.id)
    size = found.size if found else None
    on_disk = local_image.look(service.conf.image_cache_dir, image.id, size)
    if found is None and on_disk.state == local_image.ABSENT:
        raise image.not_found()
    return {
        "node": service.conf.worker_self_reference_url,
        "image_id": image.id,
        "state": on_disk.state,
        "size": on_disk.size,
        "expected_size": size,
        "last_modified": responses.utc(on_disk.last_modified),
        "reason": on_disk.reason,
        "cache_max_size": service.conf.image_cache_max_size,
    }
