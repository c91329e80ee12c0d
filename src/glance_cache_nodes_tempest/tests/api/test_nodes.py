# SPDX-License-Identifier: Apache-2.0
"""The list of nodes, and sites."""

from __future__ import annotations

from typing import Any

from tempest import config
from tempest.lib import decorators

from glance_cache_nodes_tempest.tests import base

CONF = config.CONF


class NodesTest(base.BaseFleetTest):
    """``/v2/cache/nodes``."""

    def rows(self, **query: Any) -> dict[str, dict[str, Any]]:
        """Return the rows of the nodes of tempest.conf, by URL; there may be others."""
        found = {row["url"]: row for row in self.client.list_nodes(**query)["nodes"]}
        return {reference: found[reference] for reference in self.references}

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("b7b85f85-1805-48e3-9b93-0e7392f24a26")
    def test_every_node_has_numbers(self) -> None:
        """An administrator sees what each node has on record; nobody was asked."""
        self.held_by_first()
        rows = self.rows()
        self.assertGreaterEqual(rows[self.references[0]]["images"], 1)
        self.assertGreaterEqual(rows[self.references[0]]["bytes"], base.IMAGE_BYTES)
        self.assertEqual({None}, {row["status"] for row in rows.values()})

    @decorators.idempotent_id("2a9751e4-bf98-4e94-94f1-2692d361f470")
    def test_probe_says_which_nodes_are_up(self) -> None:
        """With probe, each node is up, with a latency."""
        for row in self.rows(probe=True).values():
            self.assertEqual("up", row["status"])
            self.assertIsNotNone(row["latency_ms"])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("6f314c0f-ac93-49d7-bcfc-b202edd994dc")
    def test_plain_users(self) -> None:
        """A member and a reader get 403."""
        self.assert_refused("list_nodes")
        self.assert_refused("list_nodes", probe=True)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("fe959ebf-d29f-479b-92fc-48a64107ebfb")
    def test_wrong_requests(self) -> None:
        """A query that is not understood is 400."""
        self.assert_bad("list_nodes", probe="perhaps")
        self.assert_bad("list_nodes", no_such_parameter=1)


class SitesTest(base.BaseFleetTest):
    """The sites file of the nodes."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip on a cloud without sites."""
        super().skip_checks()
        if not CONF.glance_cache_nodes.sites:
            raise cls.skipException("[glance_cache_nodes] sites is not set")

    @decorators.idempotent_id("f8c1fbff-9c3b-40d0-95e8-34413029ecc0")
    def test_a_node_has_its_site(self) -> None:
        """The first node is in the first site; every site of tempest.conf has a node."""
        sites = {row["url"]: row["site"] for row in self.client.list_nodes()["nodes"]}
        self.assertEqual(CONF.glance_cache_nodes.sites[0], sites[self.references[0]])
        self.assertLessEqual(set(CONF.glance_cache_nodes.sites), set(sites.values()))

    @decorators.idempotent_id("2336ed79-f681-4559-b435-e3185943b5cb")
    def test_nearest_first(self) -> None:
        """From the first site, a node of that site comes first."""
        image_id = self.create_image()
        results = self.client.cache_on_nodes(image_id, nodes=self.references)["results"]
        self.assertEqual({"queued"}, {row["result"] for row in results})
        self.wait_until_listed(image_id, len(self.references))
        near = CONF.glance_cache_nodes.sites[0]
        found = self.client.list_cached_nodes(image_id, near=near)["cached_nodes"]
        self.assertEqual(self.references[0], found[0])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("0cfb2628-d556-4b33-9191-ed28a48c3ff9")
    def test_unknown_site(self) -> None:
        """A site that no sites file names is 400, and the text names it."""
        image_id = self.create_image()
        for name, query in (
            ("list_cached_nodes", {"near": "no-such-site"}),
            ("evict_from_nodes", {"site": "no-such-site"}),
            ("cache_on_nodes", {"sites": ["no-such-site"]}),
        ):
            self.assertIn("no-such-site", self.assert_bad(name, image_id, **query))
