# SPDX-License-Identifier: Apache-2.0
"""What a fill keeps of a request."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.fill.backend import environ_for

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Request:
    """What stays.

    Attributes:
        context: the caller, as Glance's context filter made it; a copy.
        headers: what peers are sent: token and request id.
        application: what stands behind this filter.
        environ: a request to it for the image's bytes.
    """

    context: Any
    headers: Mapping[str, str]
    application: Any
    environ: Mapping[str, Any]


def keep(
    environ: Mapping[str, Any], context: Any, image_id: str, application: Any, *, as_admin: bool
) -> Request:
    """Return what stays of a request.

    Args:
        environ: the request.
        context: the caller.
        image_id: the image that it asks for.
        application: what stands behind this filter.
        as_admin: whether the backend is read as Glance's own cache worker does it.
    """
    own = copy.copy(context)
    own.roles = list(context.roles)
    inner = own
    if as_admin:
        inner = copy.copy(own)
        inner.roles, inner.is_admin = [*own.roles, "admin"], True
    headers = {"X-Openstack-Request-Id": str(context.request_id)}
    if environ.get("HTTP_X_AUTH_TOKEN"):
        headers["X-Auth-Token"] = environ["HTTP_X_AUTH_TOKEN"]
    return Request(own, headers, application, environ_for(environ, image_id, inner))
