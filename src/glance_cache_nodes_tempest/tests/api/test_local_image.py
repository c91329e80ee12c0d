# SPDX-License-Identifier: Apache-2.0
"""What the disk of one node holds."""

from __future__ import annotations

from tempest.lib import decorators

from glance_cache_nodes_tempest.tests import base


class LocalImageTest(base.BaseFleetTest):
    """``GET /v2/cache/{image_id}``, asked of each node itself."""

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("4fa5db85-b3e8-4388-b7c9-0b43e37c0aae")
    def test_each_node_tells_of_its_own_disk(self) -> None:
        """The node that has cached the image says so, with both sizes; the others have nothing."""
        image_id = self.held_by_first()
        for node in self.nodes:
            body = self.lists(node).show_local_image(image_id)
            self.assertEqual((node.reference, image_id), (body["node"], body["image_id"]))
            self.assertEqual(base.IMAGE_BYTES, body["expected_size"])
            holds = node.reference == self.references[0]
            self.assertEqual("cached" if holds else "absent", body["state"])
            self.assertEqual(holds, body["size"] == base.IMAGE_BYTES)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("66430e69-62e1-4d75-98a5-bd4304e8d9a1")
    def test_plain_users(self) -> None:
        """A member and a reader get 403."""
        self.assert_refused("show_local_image", self.create_image(self.os_project_member))
