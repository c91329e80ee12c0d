# SPDX-License-Identifier: Apache-2.0
"""409 from nodes without a central record: caching is off, or the driver is local."""

from __future__ import annotations

from typing import ClassVar

from tempest import config
from tempest.lib import decorators, exceptions

from glance_cache_nodes_tempest import nodes
from glance_cache_nodes_tempest.tests import base

CONF = config.CONF


class ConflictTest(base.BaseCacheNodesTest):
    """A node without a central record answers 409, not an empty list."""

    credentials: ClassVar[list[str]] = ["admin", "primary", "project_member"]

    def assert_conflict(self, option: str) -> None:
        """An administrator gets 409 whether the image exists or not, a member 403."""
        endpoint = CONF.glance_cache_nodes[option]
        if not endpoint:
            raise self.skipException(f"[glance_cache_nodes] {option} is not set")
        node = nodes.Node(endpoint)
        for image_id in (self.create_image(), base.UNKNOWN):
            asked = node.lists(self.os_admin).list_cached_nodes
            self.assertRaises(exceptions.Conflict, asked, image_id)
            asked = node.lists(self.os_project_member).list_cached_nodes
            self.assertRaises(exceptions.Forbidden, asked, image_id)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("6604a22b-5a79-4e17-8f83-a1395c731ee4")
    def test_caching_is_off(self) -> None:
        """A node without image_cache_dir answers 409."""
        if not CONF.glance_cache_nodes_feature_enabled.add_on:
            raise self.skipException("Glance without the add-on answers 404 where caching is off")
        self.assert_conflict("caching_off_endpoint")

    @decorators.attr(type="negative")
    @decorators.idempotent_id("1eee01a1-8037-40cd-97a5-2a533993e607")
    def test_driver_is_local(self) -> None:
        """A node whose driver is not centralized_db answers 409."""
        self.assert_conflict("local_driver_endpoint")
