# SPDX-License-Identifier: Apache-2.0
"""The client: asks Glance which nodes hold an image.

It takes any keystoneauth adapter for the image service; openstacksdk's ``conn.image`` is one::

    nodes = cached_nodes(conn.image, image_id(conn.image, "cirros"))

Glance 28 and later answer with the filter of this package, Glance 33 also without it. Every
failure is a :class:`CallError` whose text is one line for a person.
"""

from __future__ import annotations

from glance_cache_nodes.client.image_nodes import cached_nodes
from glance_cache_nodes.client.images import image_id
from glance_cache_nodes.exception import CallError

__all__ = ["CallError", "cached_nodes", "image_id"]
