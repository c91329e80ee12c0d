# SPDX-License-Identifier: Apache-2.0
"""Base classes of the tests: skips, images, cleanup."""

from __future__ import annotations

import io
from typing import Any, ClassVar

from tempest import config, test
from tempest.lib import exceptions
from tempest.lib.common.utils import data_utils, test_utils

from glance_cache_nodes_tempest import nodes

CONF = config.CONF
IMAGE_BYTES = 64 * 1024
UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""A UUID that no image has."""


class BaseCacheNodesTest(test.BaseTestCase):
    """A test that asks as an administrator for images of another project."""

    credentials: ClassVar[list[str]] = ["admin", "primary"]

    @classmethod
    def skip_checks(cls) -> None:
        """Skip on a cloud without the call."""
        super().skip_checks()
        if not CONF.service_available.glance:
            raise cls.skipException("[service_available] glance is False")
        if not CONF.service_available.glance_cache_nodes:
            raise cls.skipException("[service_available] glance_cache_nodes is not True")

    @classmethod
    def setup_credentials(cls) -> None:
        """Create users without networks."""
        cls.set_network_resources()
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        """Find the nodes."""
        super().setup_clients()
        cls.nodes = nodes.configured()

    def create_image(self, owner: Any = None, *, data: bool = True, **attributes: Any) -> str:
        """Return the ID of a new image, which is evicted everywhere and deleted in the end.

        Args:
            owner: the credentials that it is made with; None for those of the plain project.
            data: whether it also gets its data, and so becomes active.
            attributes: what it has otherwise than usual.
        """
        client = (owner or self.os_primary).image_client_v2
        name = data_utils.rand_name(type(self).__name__, prefix=CONF.resource_name_prefix)
        usual = {"name": name, "container_format": "bare", "disk_format": "raw"}
        image_id: str = client.create_image(**{**usual, "visibility": "private", **attributes})[
            "id"
        ]
        # Last in, first out: evicted while Glance still knows the image, then deleted.
        self.addCleanup(client.wait_for_resource_deletion, image_id)
        self.addCleanup(test_utils.call_and_ignore_notfound_exc, client.delete_image, image_id)
        self.addCleanup(self.evict, image_id, self.nodes)
        if data:
            client.store_image_file(image_id, io.BytesIO(data_utils.random_bytes(IMAGE_BYTES)))
        return image_id

    def evict(self, image_id: str, places: list[nodes.Node]) -> None:
        """Take one image out of the caches of nodes; those of other images are left alone."""
        for node in places:
            cache = node.cache(self.os_admin)
            test_utils.call_and_ignore_notfound_exc(cache.cache_delete, image_id)


class BaseCachingTest(BaseCacheNodesTest):
    """A test that makes nodes cache images."""

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where the nodes keep no central record."""
        super().skip_checks()
        if not CONF.glance_cache_nodes_feature_enabled.central_cache:
            raise cls.skipException(
                "[glance_cache_nodes-feature-enabled] central_cache is False: no list to see"
            )

    def lists(self, node: nodes.Node) -> Any:
        """Return the administrator's client of our call at a node."""
        return node.lists(self.os_admin)

    def cache_on(self, node: nodes.Node, image_id: str) -> None:
        """Ask a node to cache an image; it does so after it has answered."""
        node.cache(self.os_admin).cache_queue(image_id)


class BaseFleetTest(BaseCachingTest):
    """A test of the calls that only the add-on has; they ask the other nodes."""

    credentials: ClassVar[list[str]] = ["admin", "primary", "project_member", "project_reader"]

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where the add-on has not these calls, or the nodes are not known by name."""
        super().skip_checks()
        enabled = CONF.glance_cache_nodes_feature_enabled
        for option in ("add_on", "fleet"):
            if not enabled[option]:
                raise cls.skipException(
                    f"[glance_cache_nodes-feature-enabled] {option} is False: no such calls"
                )
        if not CONF.glance_cache_nodes.node_references:
            raise cls.skipException("[glance_cache_nodes] node_references is not set")

    def setUp(self) -> None:
        """Choose the node to ask; keep the names of all."""
        super().setUp()
        self.client = self.lists(self.nodes[0])
        self.references = list(CONF.glance_cache_nodes.node_references)

    def assert_refused(self, name: str, *words: Any, **query: Any) -> None:
        """Check that a member and a reader get 403 from this method of the client."""
        for manager in (self.os_project_member, self.os_project_reader):
            call = getattr(self.nodes[0].lists(manager), name)
            self.assertRaises(exceptions.Forbidden, call, *words, **query)

    def assert_bad(self, name: str, *words: Any, **query: Any) -> str:
        """Check for 400; return what the response says."""
        call = getattr(self.client, name)
        return str(self.assertRaises(exceptions.BadRequest, call, *words, **query))

    def assert_unknown(self, name: str, **query: Any) -> None:
        """Check that an image that does not exist is 404."""
        self.assertRaises(exceptions.NotFound, getattr(self.client, name), UNKNOWN, **query)

    def by_node(self, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return the rows of a response by node; each node has one."""
        found = {row["node"]: row for row in rows}
        self.assertEqual(len(rows), len(found), "a node has more than one row")
        return found

    def wait_until_listed(self, image_id: str, count: int) -> list[str]:
        """Return the nodes of an image as soon as there are that many."""
        return nodes.wait_until_listed(self.client, image_id, count)

    def held_by_first(self) -> str:
        """Return the ID of an image that the first node has cached."""
        image_id = self.create_image()
        self.cache_on(self.nodes[0], image_id)
        self.wait_until_listed(image_id, 1)
        return image_id
