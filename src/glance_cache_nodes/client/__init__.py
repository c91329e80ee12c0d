# SPDX-License-Identifier: Apache-2.0
"""The client: asks Glance which nodes hold an image.

It takes openstacksdk's ``conn.image``, or any other keystoneauth adapter for the image service::

    for node in cached_nodes(conn.image, image_id(conn.image, "cirros")):
        print(node.url)

Glance 28 and later answer with the filter of this package, Glance 33 also without it. Every
failure is a :class:`CallError` whose text is one line for a person.

One module a noun, all over ``transport``: ``image_nodes`` has the nodes of an image, ``images``
the images.
"""

from __future__ import annotations

from glance_cache_nodes.client.image_nodes import CachedNode, cached_nodes
from glance_cache_nodes.client.images import image_id
from glance_cache_nodes.exception import CallError

__all__ = ["CachedNode", "CallError", "cached_nodes", "image_id"]
