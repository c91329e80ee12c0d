# SPDX-License-Identifier: Apache-2.0
"""The client of the call, as ``os_admin.glance_cache_nodes.CacheNodesClient()``."""

from __future__ import annotations

from typing import Any

from oslo_serialization import jsonutils as json
from tempest.lib.common import rest_client

from glance_cache_nodes_tempest.services import schema
from glance_cache_nodes_tempest.services.at_node import AtNode


def path(image_id: str) -> str:
    """Return the path of the call below the root of the API."""
    return f"cache/nodes/{image_id}"


class CacheNodesClient(rest_client.RestClient):
    """Ask which nodes hold an image.

    Args:
        auth_provider: of the credentials to ask with.
        service: type of the service in the catalogue.
        region: region in the catalogue.
        endpoint_override: URL of the node to ask, without ``/v2``; None for the one in the
            catalogue. tempest's factory of clients keeps the words of an earlier call: name it
            each time, or never.
        others: what else a RestClient takes.
    """

    api_version = "v2"

    def __init__(
        self,
        auth_provider: Any,
        service: str,
        region: str,
        endpoint_override: str | None = None,
        **others: Any,
    ) -> None:
        provider = AtNode(auth_provider, endpoint_override) if endpoint_override else auth_provider
        super().__init__(provider, service, region, **others)

    def list_cached_nodes(self, image_id: str) -> rest_client.ResponseBody:
        """Return ``cached_nodes`` of an object or of a bare list."""
        response, text = self.get(path(image_id))
        body = json.loads(text)
        self.validate_response(schema.EITHER_SHAPE, response, body)
        found = body["cached_nodes"] if isinstance(body, dict) else body
        return rest_client.ResponseBody(response, {"cached_nodes": found})
