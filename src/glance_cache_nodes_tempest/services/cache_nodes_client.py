# SPDX-License-Identifier: Apache-2.0
"""The client of the calls, as ``os_admin.glance_cache_nodes.CacheNodesClient()``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from oslo_serialization import jsonutils as json
from tempest.lib.common import rest_client

from glance_cache_nodes_tempest.services import schema
from glance_cache_nodes_tempest.services.at_node import AtNode

NODES, IMAGES = "cache/nodes", "cache/images"


def path(image_id: str) -> str:
    """Return the path of an image's nodes below the root of the API."""
    return f"{NODES}/{image_id}"


class CacheNodesClient(rest_client.RestClient):
    """Ask which nodes hold an image, and cache or evict it.

    Every method raises the exceptions of tempest.lib for 4xx and 5xx, and checks the response
    against its JSON schema. Queries are passed as keywords, several values of one as a list:
    ``evict_from_nodes(image_id, node=[first, second])``.

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

    def list_cached_nodes(self, image_id: str, **query: Any) -> rest_client.ResponseBody:
        """Return ``cached_nodes`` of an object or of a bare list; ``near`` sets the order."""
        response, body = self._read(path(image_id), query, schema.EITHER_SHAPE)
        found = body["cached_nodes"] if isinstance(body, dict) else body
        return rest_client.ResponseBody(response, {"cached_nodes": found})

    def verify_cached_nodes(self, image_id: str, **query: Any) -> rest_client.ResponseBody:
        """Return the nodes that confirmed now that they hold it, ``checked_at``, ``complete``."""
        return self._show(path(image_id), {"verify": True, **query}, schema.VERIFIED)

    def show_detail(self, image_id: str, **query: Any) -> rest_client.ResponseBody:
        """Return a row for each node on record; with ``verify`` for each registered node."""
        return self._show(f"{path(image_id)}/detail", query, schema.DETAIL)

    def list_nodes(self, **query: Any) -> rest_client.ResponseBody:
        """Return every registered node; with ``probe`` whether it answers."""
        return self._show(NODES, query, schema.NODES)

    def list_images(self, **query: Any) -> rest_client.ResponseBody:
        """Return a page of the map: images and their nodes."""
        return self._show(IMAGES, query, schema.IMAGES)

    def show_local_image(self, image_id: str) -> rest_client.ResponseBody:
        """Return what the disk of the node that is asked holds of an image."""
        return self._show(f"cache/{image_id}", {}, schema.LOCAL_IMAGE)

    def cache_on_nodes(self, image_id: str, **choice: Any) -> rest_client.ResponseBody:
        """Cache an image on chosen nodes; return one result for each.

        Args:
            image_id: the image.
            choice: ``nodes``, ``sites`` (with ``per_site``), ``all`` or ``count``.
        """
        response, text = self.put(path(image_id), json.dumps(choice))
        return self._checked(response, text, schema.DONE)

    def evict_from_nodes(self, image_id: str, **query: Any) -> rest_client.ResponseBody:
        """Evict an image from ``node=``, ``site=`` or ``all=true``; return one result for each."""
        response, text = self.delete(_with_query(path(image_id), query))
        return self._checked(response, text, schema.DONE)

    def _show(
        self, where: str, query: dict[str, Any], expected: dict[str, Any]
    ) -> rest_client.ResponseBody:
        return rest_client.ResponseBody(*self._read(where, query, expected))

    def _read(self, where: str, query: dict[str, Any], expected: dict[str, Any]) -> tuple[Any, Any]:
        response, text = self.get(_with_query(where, query))
        body = json.loads(text)
        self.validate_response(expected, response, body)
        return response, body

    def _checked(
        self, response: Any, text: str, expected: dict[str, Any]
    ) -> rest_client.ResponseBody:
        body = json.loads(text)
        self.validate_response(expected, response, body)
        return rest_client.ResponseBody(response, body)


def _with_query(where: str, query: dict[str, Any]) -> str:
    texts = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
    }
    return f"{where}?{urlencode(texts, doseq=True)}" if texts else where
