# SPDX-License-Identifier: Apache-2.0
"""Answers to an administrator: 200 with the nodes, or 404."""

from __future__ import annotations

from tempest.lib import decorators, exceptions

from glance_cache_nodes_tempest import nodes
from glance_cache_nodes_tempest.tests import base


class ListCachedNodesTest(base.BaseCachingTest):
    """The list agrees with what a node has in its cache."""

    def setUp(self) -> None:
        """Choose the node to work on."""
        super().setUp()
        self.node = self.nodes[0]
        self.client = self.lists(self.node)

    def assert_is_the_node(self, found: list[str]) -> None:
        """Compare a list of one with the node's reference, where that is known."""
        if self.node.reference:
            self.assertEqual([self.node.reference], found)

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("58787a6a-ee7c-46ca-9c7f-f124904f6212")
    def test_no_node_holds_a_new_image(self) -> None:
        """The list of a new image is empty, with status 200."""
        image_id = self.create_image()
        self.assertEqual([], self.client.list_cached_nodes(image_id)["cached_nodes"])

    @decorators.idempotent_id("ed540691-4f3d-4898-8359-be924e3716ea")
    def test_no_node_holds_an_image_without_data(self) -> None:
        """The list of an image without data is empty, with status 200."""
        image_id = self.create_image(data=False)
        self.assertEqual([], self.client.list_cached_nodes(image_id)["cached_nodes"])

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("e9230325-db2c-4706-89b2-97ee872d6f6e")
    def test_list_grows_and_shrinks(self) -> None:
        """A node is listed when it has cached the image, and not after the eviction."""
        image_id = self.create_image()
        self.cache_on(self.node, image_id)
        self.assert_is_the_node(nodes.wait_until_listed(self.client, image_id, 1))
        self.evict(image_id, [self.node])
        nodes.wait_until_listed(self.client, image_id, 0)

    @decorators.idempotent_id("7568e6f5-60f5-4213-8f50-12bbaa142b3d")
    def test_download_puts_the_node_on_the_list(self) -> None:
        """A download through a node puts it on the list."""
        image_id = self.create_image()
        self.node.images(self.os_primary).show_image_file(image_id)
        self.assert_is_the_node(nodes.wait_until_listed(self.client, image_id, 1))

    @decorators.idempotent_id("878ad3ae-18bc-4db3-b59b-ee1717c09446")
    def test_list_is_of_one_image(self) -> None:
        """Caching one image does not change the list of another."""
        cached, other = self.create_image(), self.create_image()
        self.cache_on(self.node, cached)
        nodes.wait_until_listed(self.client, cached, 1)
        self.assertEqual([], self.client.list_cached_nodes(other)["cached_nodes"])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("9f7777cf-d029-4b5e-bbc6-ea16f307b850")
    def test_deleted_image(self) -> None:
        """A deleted image is 404, also if a node had cached it."""
        image_id = self.create_image()
        self.cache_on(self.node, image_id)
        nodes.wait_until_listed(self.client, image_id, 1)
        self.os_primary.image_client_v2.delete_image(image_id)
        self.assertRaises(exceptions.NotFound, self.client.list_cached_nodes, image_id)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("c6129593-3db0-47a9-af73-3155af054029")
    def test_unknown_image(self) -> None:
        """An unknown ID is 404, and so is text that is not an ID."""
        for image_id in (base.UNKNOWN, "no-such-image"):
            self.assertRaises(exceptions.NotFound, self.client.list_cached_nodes, image_id)
