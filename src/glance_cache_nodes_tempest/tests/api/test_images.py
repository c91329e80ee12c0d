# SPDX-License-Identifier: Apache-2.0
"""The map: images and their nodes, in pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tempest.lib import decorators

from glance_cache_nodes_tempest.tests import base

MOST_IDS = 100


def of(*image_ids: str) -> str:
    """Return the value of the filter for these images."""
    return f"in:{','.join(image_ids)}"


class ImagesTest(base.BaseFleetTest):
    """``/v2/cache/images``."""

    def walk(self, **query: Any) -> list[list[str]]:
        """Return the image IDs of each page, as the links ``next`` lead through them."""
        found = []
        while True:
            page = self.client.list_images(**query)
            found.append([image["image_id"] for image in page["images"]])
            if not page.get("next"):
                return found
            query = dict(parse_qsl(urlsplit(page["next"]).query))

    @decorators.attr(type="smoke")
    @decorators.idempotent_id("00f43323-e2bd-4b9f-8fbb-021c38d827d5")
    def test_images_and_their_nodes(self) -> None:
        """An image of the map has its name, size, status and nodes."""
        image_id = self.held_by_first()
        (found,) = self.client.list_images(image_id=of(image_id))["images"]
        image = self.os_admin.image_client_v2.show_image(image_id)
        for key in ("name", "status", "size"):
            self.assertEqual(image[key], found[key])
        self.assertEqual([self.references[0]], found["cached_nodes"])

    @decorators.idempotent_id("64af0256-a301-4e8e-a413-a7c12506af8a")
    def test_pages(self) -> None:
        """Pages of one image, in order of ID, have each image once."""
        images = sorted(self.held_by_first() for _ in range(3))
        pages = self.walk(image_id=of(*images), limit=1)
        self.assertEqual([[image] for image in images], [page for page in pages if page])

    @decorators.idempotent_id("fb2c79ca-e855-4292-a4d0-ec310fbcbdeb")
    def test_images_of_a_node(self) -> None:
        """The filter by node has the image for the node that holds it, and not for another."""
        image_id = self.held_by_first()
        for reference in self.references:
            found = self.walk(node=reference, limit=1000)
            holds = image_id in [image for page in found for image in page]
            self.assertEqual(reference == self.references[0], holds)

    @decorators.attr(type="negative")
    @decorators.idempotent_id("52f7c118-c01d-4250-8cc0-c26f2af07b0c")
    def test_plain_users(self) -> None:
        """A member and a reader get 403."""
        self.assert_refused("list_images")

    @decorators.attr(type="negative")
    @decorators.idempotent_id("18bed230-5522-4fe6-a1f8-6c5dc0dcd790")
    def test_wrong_requests(self) -> None:
        """A wrong limit, too many IDs, no ID, and an unknown parameter are 400."""
        too_many = [f"00000000-0000-4000-8000-{number:012}" for number in range(MOST_IDS + 1)]
        wrong: list[dict[str, Any]] = [
            {"limit": 0},
            {"limit": "many"},
            {"image_id": of(*too_many)},
            {"image_id": of()},
            {"no_such_parameter": 1},
        ]
        for query in wrong:
            self.assert_bad("list_images", **query)
