# SPDX-License-Identifier: Apache-2.0
"""One image from upload to deletion, on the caches of several nodes."""

from __future__ import annotations

from tempest.lib import decorators, exceptions

from glance_cache_nodes_tempest import nodes
from glance_cache_nodes_tempest.tests import base


class LifeOfAnImageTest(base.BaseCachingTest):
    """All nodes give the same answer."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip on a cloud with one node."""
        super().skip_checks()
        if len(nodes.configured()) < 2:
            raise cls.skipException(
                "one node only: [glance_cache_nodes] node_endpoints names no second one, and "
                "[image] alternate_image_endpoint is not set"
            )

    def everywhere(self, image_id: str, count: int) -> list[str]:
        """Return the list when it has grown or shrunk to this; it must be the same on each node."""
        answers = [
            nodes.wait_until_listed(self.lists(node), image_id, count) for node in self.nodes
        ]
        for answer in answers:
            self.assertCountEqual(answers[0], answer)
        return answers[0]

    def cache_and_see(self, node: nodes.Node, image_id: str, before: list[str]) -> list[str]:
        """Cache on one more node; return the list, which must have grown by this node only."""
        self.cache_on(node, image_id)
        after = self.everywhere(image_id, len(before) + 1)
        new = set(after) - set(before)
        self.assertEqual(1, len(new), f"{before} became {after}")
        self.assertIn(node.reference, {None, *new})
        return after

    @decorators.attr(type=["slow", "multinode"])
    @decorators.idempotent_id("4961c42e-b0d4-46f3-86e3-aeefe39749e7")
    def test_life_of_an_image(self) -> None:
        """Cache an image on each node, evict it from one, delete it; ask all nodes each time."""
        image_id = self.create_image()
        lists = [self.everywhere(image_id, 0)]
        for node in self.nodes:
            lists.append(self.cache_and_see(node, image_id, lists[-1]))
        (first,) = lists[1]

        self.evict(image_id, self.nodes[:1])
        left = self.everywhere(image_id, len(self.nodes) - 1)
        self.assertCountEqual(set(lists[-1]) - {first}, left)

        self.os_primary.image_client_v2.delete_image(image_id)
        for node in self.nodes:
            asked = self.lists(node).list_cached_nodes
            self.assertRaises(exceptions.NotFound, asked, image_id)
