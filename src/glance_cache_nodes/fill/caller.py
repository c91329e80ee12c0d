# SPDX-License-Identifier: Apache-2.0
"""Whoever asks for an image that is filled in: what a fill keeps of the request."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.net import own_glance

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Caller:
    """What stays of a request.

    Attributes:
        context: who asks, as Glance's context filter made it; a copy.
        headers: what peers are sent: token and request id.
        application: what stands behind this filter.
        environ: a request to it for the image's bytes.
    """

    context: Any
    headers: Mapping[str, str]
    application: Any
    environ: dict[str, Any]

    def is_logged(self) -> None:
        """Let the log lines of this thread have the caller's request id from now on."""
        self.context.update_store()


def keep(
    environ: Mapping[str, Any], context: Any, image_id: str, application: Any, *, as_admin: bool
) -> Caller:
    """Return what stays of a request.

    Args:
        environ: the request.
        context: who asks.
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
    path = f"/v2/images/{image_id}/file"
    return Caller(own, headers, application, own_glance.environ_for(environ, "GET", path, inner))
