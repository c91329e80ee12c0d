# SPDX-License-Identifier: Apache-2.0
"""The two forms of the response: an object, and a bare list for two released clients."""

from __future__ import annotations

from typing import Any

from oslo_serialization import jsonutils as json
from tempest import config
from tempest.lib import decorators

from glance_cache_nodes_tempest import nodes
from glance_cache_nodes_tempest.services import cache_nodes_client
from glance_cache_nodes_tempest.tests import base

CONF = config.CONF


class ShapesTest(base.BaseCachingTest):
    """Each client gets the form that it reads."""

    def ask_as(self, user_agent: str) -> tuple[list[str], Any, Any]:
        """Return the nodes of an image, and headers and body of the response to this client."""
        client = self.lists(self.nodes[0])
        image_id = self.create_image()
        self.cache_on(self.nodes[0], image_id)
        expected = nodes.wait_until_listed(client, image_id, 1)
        headers = {"User-Agent": user_agent}
        path = cache_nodes_client.path(image_id)
        response, text = client.get(path, headers=headers, extra_headers=True)
        return expected, response, json.loads(text)

    def assert_varies(self, response: Any) -> None:
        """Check that Vary names User-Agent, for caching proxies."""
        self.assertIn("user-agent", response.get("vary", "").lower())
        self.assertIn("application/json", response["content-type"])

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("9a690fae-8a5f-4909-ad5c-1c8bc29ea08b")
    def test_object_for_everybody(self) -> None:
        """Any other client gets an object with one key."""
        if not CONF.glance_cache_nodes_feature_enabled.add_on:
            raise self.skipException("Glance without the add-on answers a bare list to everybody")
        expected, response, body = self.ask_as("glance-cache-nodes-tempest")
        self.assertEqual({"cached_nodes": expected}, body)
        self.assert_varies(response)

    @decorators.idempotent_id("8e6888e3-c1af-4043-8ff5-155f490c2e92")
    def test_bare_list_for_glanceclient(self) -> None:
        """python-glanceclient gets the bare list."""
        self.assert_bare_list("python-glanceclient")

    @decorators.idempotent_id("8126ac66-84cd-4982-9ed7-1746303df2ea")
    def test_bare_list_for_openstacksdk(self) -> None:
        """openstacksdk, whose User-Agent has a version, gets the bare list."""
        self.assert_bare_list("openstacksdk/4.22.0 keystoneauth1/5.14.0")

    def assert_bare_list(self, user_agent: str) -> None:
        """Check for the bare list, and for Vary where the add-on answers."""
        expected, response, body = self.ask_as(user_agent)
        self.assertEqual(expected, body)
        if CONF.glance_cache_nodes_feature_enabled.add_on:
            self.assert_varies(response)
