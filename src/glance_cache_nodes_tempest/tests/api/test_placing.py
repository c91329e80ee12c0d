# SPDX-License-Identifier: Apache-2.0
"""Cache and evict an image on chosen nodes."""

from __future__ import annotations

from typing import Any

from tempest.lib import decorators, exceptions

from glance_cache_nodes_tempest.tests import base

NOWHERE = "http://not-registered.invalid:9292"


class PlacingTest(base.BaseFleetTest):
    """``PUT`` and ``DELETE /v2/cache/nodes/{image_id}``."""

    def results(self, body: Any) -> dict[str, str]:
        """Return the result of each node."""
        return {node: row["result"] for node, row in self.by_node(body["results"]).items()}

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("9d847aac-a05b-4cec-a53b-85c5dd2a8dce")
    def test_cache_and_evict(self) -> None:
        """A node caches the image once, and evicts it once."""
        image_id, first = self.create_image(), self.references[0]
        for expected, count in (("queued", 1), ("already_cached", 1)):
            done = self.client.cache_on_nodes(image_id, nodes=[first])
            self.assertEqual({first: expected}, self.results(done))
            self.assertEqual([first], self.wait_until_listed(image_id, count))
        for expected in ("evicted", "absent"):
            done = self.client.evict_from_nodes(image_id, node=first)
            self.assertEqual({first: expected}, self.results(done))
            self.wait_until_listed(image_id, 0)

    @decorators.idempotent_id("d2c7bfff-2725-45dd-aa0f-74e59c263b51")
    def test_count_is_of_holders(self) -> None:
        """``count`` counts the node that holds the image already."""
        image_id = self.held_by_first()
        done = self.client.cache_on_nodes(image_id, count=1)
        self.assertEqual({self.references[0]: "already_cached"}, self.results(done))

    @decorators.attr(type=["multinode", "slow"])
    @decorators.idempotent_id("7a4c19ad-961b-450f-9c3f-0ac156e6bb8f")
    def test_several_nodes(self) -> None:
        """Nodes named together each get the image; evicting everywhere takes it off all."""
        image_id = self.create_image()
        done = self.client.cache_on_nodes(image_id, nodes=self.references)
        self.assertEqual(dict.fromkeys(self.references, "queued"), self.results(done))
        self.wait_until_listed(image_id, len(self.references))
        rows = self.results(self.client.evict_from_nodes(image_id, all=True))
        self.assertEqual(
            dict.fromkeys(self.references, "evicted"),
            {name: rows[name] for name in self.references},
        )
        self.wait_until_listed(image_id, 0)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("c0d2742e-1026-4444-a0d9-cf8b0e300532")
    def test_plain_users(self) -> None:
        """A member and a reader get 403, for an image of their project and an unknown one."""
        for image_id in (self.create_image(self.os_project_member), base.UNKNOWN):
            self.assert_refused("cache_on_nodes", image_id, nodes=self.references[:1])
            self.assert_refused("evict_from_nodes", image_id, all=True)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("337597f6-541b-400a-87e8-da678da8fe5d")
    def test_wrong_choices(self) -> None:
        """No choice, two choices, an unregistered node and too many nodes are 400."""
        image_id, chosen = self.create_image(), self.references[:1]
        wrong: list[dict[str, Any]] = [
            {},
            {"nodes": []},
            {"all": False},
            {"count": 0},
            {"count": 1_000_000},
            {"nodes": chosen, "all": True},
            {"nodes": [NOWHERE]},
            {"nodes": chosen[0]},
        ]
        for choice in wrong:
            self.assert_bad("cache_on_nodes", image_id, **choice)
        for query in ({}, {"node": NOWHERE}, {"all": "perhaps"}):
            self.assert_bad("evict_from_nodes", image_id, **query)
        self.assertEqual([], self.client.list_cached_nodes(image_id)["cached_nodes"])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("0f7168a5-2a6b-4aa1-92e6-c616eac24e5c")
    def test_image_without_data_and_unknown_image(self) -> None:
        """An image that is not active is 409, one that does not exist 404."""
        chosen = self.references[:1]
        image_id = self.create_image(data=False)
        self.assertRaises(exceptions.Conflict, self.client.cache_on_nodes, image_id, nodes=chosen)
        self.assert_unknown("cache_on_nodes", nodes=chosen)
