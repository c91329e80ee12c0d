# SPDX-License-Identifier: Apache-2.0
"""Refused requests: 401 without a token, 403 for all but administrators, 405 and 400."""

from __future__ import annotations

from typing import Any, ClassVar

from tempest import config
from tempest.lib import decorators, exceptions

from glance_cache_nodes_tempest.services import cache_nodes_client
from glance_cache_nodes_tempest.tests import base

CONF = config.CONF


class PlainUsersTest(base.BaseCachingTest):
    """The default rule permits administrators; a refusal does not tell whether an image exists."""

    credentials: ClassVar[list[str]] = [
        "admin",
        "primary",
        "project_member",
        "project_reader",
        "project_alt_member",
    ]

    def assert_refused(self, manager: Any) -> None:
        """Check that a known and an unknown image get the same refusal."""
        client = self.nodes[0].lists(manager)
        known = self.create_image(self.os_project_member)
        said = [
            str(self.assertRaises(exceptions.Forbidden, client.list_cached_nodes, image_id))
            for image_id in (known, base.UNKNOWN)
        ]
        self.assertEqual(said[0], said[1])

    @decorators.attr(type=["negative", "smoke"])
    @decorators.idempotent_id("9c00e232-a777-4d41-837c-8551b03e22b4")
    def test_member(self) -> None:
        """A member of the owning project is refused."""
        self.assert_refused(self.os_project_member)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("9b7ef8ff-fd9d-467d-85a8-d85699f74db7")
    def test_reader(self) -> None:
        """A reader of the owning project is refused."""
        self.assert_refused(self.os_project_reader)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("d61eed4e-30e8-40f4-840a-a36b5918b9a7")
    def test_member_of_another_project(self) -> None:
        """A member of another project gets the same refusal."""
        self.assert_refused(self.os_project_alt_member)


class UnusualRequestsTest(base.BaseCachingTest):
    """Requests without a valid token, method or query."""

    def setUp(self) -> None:
        """Find the URL of the call."""
        super().setUp()
        self.client = self.lists(self.nodes[0])
        self.image_id = self.create_image()

    def send(self, method: str, headers: dict[str, str], suffix: str = "") -> Any:
        """Send a request with only these headers; return the headers of the response."""
        url = f"{self.client.base_url}/{cache_nodes_client.path(self.image_id)}{suffix}"
        response, _ = self.client.raw_request(url, method, headers=headers)
        return response

    @decorators.attr(type=["negative", "smoke"])
    @decorators.idempotent_id("d0adf63a-5e96-44e9-b274-78722c81bff9")
    def test_no_token(self) -> None:
        """A request without a token is 401, also with headers of an admin's identity."""
        forged = {"X-Identity-Status": "Confirmed", "X-Roles": "admin", "X-User-Id": "nobody"}
        for headers in ({}, forged):
            self.assertEqual(401, self.send("GET", headers).status)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("d46958df-439e-49bc-b2cc-9f8ac51e908f")
    def test_wrong_token(self) -> None:
        """An invalid token is 401."""
        self.assertEqual(401, self.send("GET", {"X-Auth-Token": "not-a-token"}).status)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("d0e2d452-c17d-4dbe-826b-df48971a6fca")
    def test_other_methods(self) -> None:
        """POST and PATCH are 405, with GET in Allow."""
        # Not PUT and DELETE: a later release may give them a meaning.
        for method in ("POST", "PATCH"):
            response = self.send(method, {"X-Auth-Token": self.client.token})
            self.assertEqual(405, response.status)
            self.assertIn("GET", response["allow"])

    @decorators.attr(type="negative")
    @decorators.idempotent_id("aa108013-39cd-45d8-885a-14bd7411b22a")
    def test_query_that_is_not_understood(self) -> None:
        """An unknown query parameter is 400."""
        if not CONF.glance_cache_nodes_feature_enabled.add_on:
            raise self.skipException("Glance without the add-on ignores what it does not know")
        token = {"X-Auth-Token": self.client.token}
        self.assertEqual(400, self.send("GET", token, "?no-such-parameter=1").status)
