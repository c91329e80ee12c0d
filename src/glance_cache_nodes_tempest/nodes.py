# SPDX-License-Identifier: Apache-2.0
"""The nodes of tempest.conf and their clients."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tempest import config
from tempest.lib import exceptions
from tempest.lib.common.utils import test_utils
from tempest.lib.services.image.v2 import image_cache_client, images_client

from glance_cache_nodes_tempest.services.at_node import AtNode

if TYPE_CHECKING:
    from collections.abc import Collection

    from glance_cache_nodes_tempest.services.cache_nodes_client import CacheNodesClient

CONF = config.CONF
POLL = 0.2  # seconds


@dataclass(frozen=True)
class Node:
    """One node: an endpoint of its own, or the one in the catalogue.

    Args:
        endpoint: its URL without ``/v2``; None to look into the catalogue.
        reference: what it is called in the answers, where that is known.
        catalogue: what to look for there, where it is not the usual image service.
    """

    endpoint: str | None = None
    reference: str | None = None
    catalogue: dict[str, str] = field(default_factory=dict)

    def lists(self, manager: Any) -> CacheNodesClient:
        """Return the client of our call, for these credentials."""
        client: CacheNodesClient = manager.glance_cache_nodes.CacheNodesClient(
            **self._found_by(), endpoint_override=self.endpoint
        )
        return client

    def cache(self, manager: Any) -> Any:
        """Return tempest's client of this node's cache."""
        return self._client(image_cache_client.ImageCacheClient, manager)

    def images(self, manager: Any) -> Any:
        """Return tempest's client of images, here for downloads through this node."""
        return self._client(images_client.ImagesClient, manager)

    def _client(self, kind: Any, manager: Any) -> Any:
        provider = manager.auth_provider
        if self.endpoint:
            provider = AtNode(provider, self.endpoint)
        return kind(provider, **self._found_by())

    def _found_by(self) -> dict[str, Any]:
        return {**config.service_client_config("image"), **self.catalogue}


def configured() -> list[Node]:
    """Return the nodes that cache images, as tempest.conf has them.

    Raises:
        InvalidConfiguration: there are references, but not one for each endpoint.
    """
    endpoints = CONF.glance_cache_nodes.node_endpoints
    if not endpoints:
        return _of_the_catalogue()
    references = CONF.glance_cache_nodes.node_references or [None] * len(endpoints)
    if len(references) != len(endpoints):
        raise exceptions.InvalidConfiguration(
            f"[glance_cache_nodes] has {len(endpoints)} node_endpoints, "
            f"but {len(references)} node_references"
        )
    return [Node(url, reference) for url, reference in zip(endpoints, references)]


def _of_the_catalogue() -> list[Node]:
    other = CONF.image.alternate_image_endpoint
    if not other:
        return [Node()]
    kind = CONF.image.alternate_image_endpoint_type
    return [Node(), Node(catalogue={"service": other, "endpoint_type": kind})]


def wait_until_listed(client: CacheNodesClient, image_id: str, count: int) -> list[str]:
    """Return the nodes of an image as soon as there are that many.

    Raises:
        TimeoutException: there were others until the end; it says which.
    """
    deadline = time.monotonic() + CONF.glance_cache_nodes.caching_timeout
    while True:
        found: list[str] = client.list_cached_nodes(image_id)["cached_nodes"]
        if len(found) == count:
            return found
        if time.monotonic() > deadline:
            raise exceptions.TimeoutException(_too_late(image_id, count, found))
        time.sleep(POLL)


def _too_late(image_id: str, count: int, found: Collection[str]) -> str:
    return (
        f"({test_utils.find_test_caller()}) {count} node(s) should hold image {image_id} within "
        f"{CONF.glance_cache_nodes.caching_timeout} s, but the list is {list(found)}"
    )
