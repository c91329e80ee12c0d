# SPDX-License-Identifier: Apache-2.0
"""What each node holds: on record, and as the nodes themselves say."""

from __future__ import annotations

from typing import Any

from tempest.lib import decorators

from glance_cache_nodes_tempest.services import schema
from glance_cache_nodes_tempest.tests import base


class DetailTest(base.BaseFleetTest):
    """``/v2/cache/nodes/{image_id}/detail`` and ``?verify=true``."""

    def assert_complete_is_right(self, body: Any) -> None:
        """Compare ``complete`` with the states of the rows."""
        open_states = [row for row in body["nodes"] if row["state"] in schema.INCOMPLETE]
        self.assertEqual(not open_states, body["complete"])

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("0e4e528b-1d7b-4cbf-9a47-520ea6a2fded")
    def test_record_has_the_node_with_size(self) -> None:
        """Without verify: the nodes on record, with the size of the file, not verified."""
        image_id = self.held_by_first()
        body = self.client.show_detail(image_id)
        (row,) = body["nodes"]
        self.assertEqual(self.references[0], row["node"])
        self.assertEqual(
            (True, "unverified", base.IMAGE_BYTES), (row["on_record"], row["state"], row["size"])
        )
        self.assert_complete_is_right(body)

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("08e314ff-8aa8-4d09-8009-fd0ec1677bf5")
    def test_verify_asks_every_node(self) -> None:
        """With verify: one row for each node, confirmed where it is cached, absent elsewhere."""
        image_id = self.held_by_first()
        body = self.client.show_detail(image_id, verify=True)
        rows = self.by_node(body["nodes"])
        expected = {
            reference: "confirmed" if reference == self.references[0] else "absent"
            for reference in self.references
        }
        self.assertEqual(expected, {name: rows[name]["state"] for name in self.references})
        self.assertIsNotNone(body["checked_at"])
        self.assert_complete_is_right(body)

    @decorators.idempotent_id("f3d3a011-e05d-4387-8781-fd247d5c9563")
    def test_verified_list_has_only_confirmed_nodes(self) -> None:
        """The list with verify has the node, when it was asked, and whether all answered."""
        image_id = self.held_by_first()
        body = self.client.verify_cached_nodes(image_id)
        self.assertEqual([self.references[0]], body["cached_nodes"])
        self.assertIsNotNone(body["checked_at"])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("8592010e-aab1-4c2d-b8dc-8635c4ae52c6")
    def test_plain_users(self) -> None:
        """A member and a reader get 403, also with verify."""
        image_id = self.create_image(self.os_project_member)
        self.assert_refused("show_detail", image_id)
        self.assert_refused("show_detail", image_id, verify=True)
        self.assert_refused("verify_cached_nodes", image_id)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("e07c99e9-8f7b-4807-a874-bd7aad0f9416")
    def test_wrong_requests(self) -> None:
        """An unknown image is 404; a query that is not understood is 400."""
        image_id = self.create_image()
        self.assert_unknown("show_detail", verify=True)
        self.assert_bad("show_detail", image_id, verify="perhaps")
        self.assert_bad("show_detail", image_id, no_such_parameter=1)
