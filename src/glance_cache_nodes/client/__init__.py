# SPDX-License-Identifier: Apache-2.0
"""The client: asks Glance which nodes hold an image, and lets nodes cache it or evict it.

It takes openstacksdk's ``conn.image``, or any other keystoneauth adapter for the image service::

    for node in cached_nodes(conn.image, image_id(conn.image, "cirros")):
        print(node.url)

Glance 28 and later answer with the filter of this package; ``cached_nodes`` alone also gets an
answer from Glance 33 without it. Every failure is a :class:`CallError` whose text is one line for
a person.

One module a noun, all over ``transport``: ``image_nodes`` has the nodes of an image, ``nodes``
all nodes, ``images`` the map, ``local_image`` what one node's disk holds, ``placement`` caches and
evicts, ``waiting`` waits for it, and ``download`` saves an image from the nearest node.
"""

from __future__ import annotations

from glance_cache_nodes.client.download import DownloadProgress, SavedImage, save
from glance_cache_nodes.client.image_names import image_id
from glance_cache_nodes.client.image_nodes import (
    CachedNode,
    ImageDetail,
    NodeDetail,
    cached_nodes,
    image_detail,
)
from glance_cache_nodes.client.images import CachedImage, images
from glance_cache_nodes.client.local_image import LocalImage, local_image
from glance_cache_nodes.client.nodes import Node, nodes
from glance_cache_nodes.client.placement import NodeResult, Placement, evict, queue
from glance_cache_nodes.client.waiting import NodeProgress, wait_until_cached
from glance_cache_nodes.exception import CallError, NoSuchCallError, NotCachedError

__all__ = [
    "CachedImage",
    "CachedNode",
    "CallError",
    "DownloadProgress",
    "ImageDetail",
    "LocalImage",
    "NoSuchCallError",
    "Node",
    "NodeDetail",
    "NodeProgress",
    "NodeResult",
    "NotCachedError",
    "Placement",
    "SavedImage",
    "cached_nodes",
    "evict",
    "image_detail",
    "image_id",
    "images",
    "local_image",
    "nodes",
    "queue",
    "save",
    "wait_until_cached",
]
