# SPDX-License-Identifier: Apache-2.0
"""With a rule for readers: 404 for an image that the caller may not see."""

from __future__ import annotations

from typing import Any, ClassVar

from tempest import config
from tempest.lib import decorators, exceptions

from glance_cache_nodes_tempest import nodes
from glance_cache_nodes_tempest.tests import base

CONF = config.CONF


class VisibilityTest(base.BaseCachingTest):
    """On a node with the rule ``role:reader``, the image's visibility decides."""

    credentials: ClassVar[list[str]] = [
        "admin",
        "primary",
        "project_member",
        "project_reader",
        "project_alt_reader",
    ]

    @classmethod
    def skip_checks(cls) -> None:
        """Skip on a cloud without such a node."""
        super().skip_checks()
        if not CONF.glance_cache_nodes.reader_policy_endpoint:
            raise cls.skipException("[glance_cache_nodes] reader_policy_endpoint is not set")

    def setUp(self) -> None:
        """Create a client for a reader of the project, and for one of another project."""
        super().setUp()
        node = nodes.Node(CONF.glance_cache_nodes.reader_policy_endpoint)
        self.own = node.lists(self.os_project_reader)
        self.stranger = node.lists(self.os_project_alt_reader)

    def assert_sees(self, client: Any, image_id: str) -> None:
        """Check that the caller gets the list."""
        self.assertEqual([], client.list_cached_nodes(image_id)["cached_nodes"])

    def assert_does_not_see(self, client: Any, image_id: str) -> None:
        """Check that the caller gets the answer for an image that does not exist."""
        said = [
            str(self.assertRaises(exceptions.NotFound, client.list_cached_nodes, each))
            for each in (image_id, base.UNKNOWN)
        ]
        self.assertEqual(said[0].replace(image_id, base.UNKNOWN), said[1])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("c1289a7a-5630-4efb-b3c9-fb80155c2a56")
    def test_private_image(self) -> None:
        """Only its project sees a private image."""
        image_id = self.create_image(self.os_project_member)
        self.assert_sees(self.own, image_id)
        self.assert_does_not_see(self.stranger, image_id)

    @decorators.idempotent_id("f35dd58b-06b1-409b-b6bc-42d5bfbbccda")
    def test_shared_image(self) -> None:
        """Another project sees a shared image only while it is a member."""
        image_id = self.create_image(self.os_project_member, visibility="shared")
        members = self.os_project_member.image_member_client_v2
        other = self.os_project_alt_reader.credentials.project_id
        self.assert_does_not_see(self.stranger, image_id)
        members.create_image_member(image_id, member=other)
        self.assert_sees(self.stranger, image_id)
        members.delete_image_member(image_id, other)
        self.assert_does_not_see(self.stranger, image_id)

    @decorators.idempotent_id("b9397490-9ca9-489f-8662-8e083c830216")
    def test_community_image(self) -> None:
        """Everybody sees a community image."""
        image_id = self.create_image(self.os_project_member, visibility="community")
        self.assert_sees(self.own, image_id)
        self.assert_sees(self.stranger, image_id)
