# SPDX-License-Identifier: Apache-2.0
"""Images in the caches of nodes, the aggregates of hosts, and guests."""

from __future__ import annotations

import collections
import io
import itertools

import requests
from nova_cloud import Cloud

SIZE = 2**20  # bytes of an image; the fake driver does not read it


class Guests:
    """Boots guests of images that each lie in the cache of one node.

    Args:
        cloud: where.

    Attributes:
        images: IDs by name; the number in the name is the node's.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._compute = cloud, cloud.connection.compute
        self._numbers = itertools.count(1)
        self.images = {f"at-edge{number}": self._image(number) for number in (1, 2, 3)}
        self.images["private"] = self._image(2, visibility="private")
        self._flavor = self._compute.create_flavor(name="tiny", ram=512, vcpus=1, disk=1)
        self._make_aggregates()

    def boot(self, image: str, count: int) -> collections.Counter[str]:
        """Boot one after the other; return on which hosts they became active."""
        wanted = [self._create(image) for _ in range(count)]
        found: dict[str, str] = {}

        def all_done() -> bool:
            for guest in self._compute.servers(all_projects=True):
                if guest.status in ("ACTIVE", "ERROR"):
                    found[guest.id] = guest.compute_host if guest.status == "ACTIVE" else ""
            return set(wanted) <= set(found)

        self._cloud.running.wait(f"guests of {image}", all_done)
        return collections.Counter(found[each] for each in wanted if found[each])

    def _create(self, image: str) -> str:
        guest = self._compute.create_server(
            name=f"{image}-{next(self._numbers)}",
            image_id=self.images[image],
            flavor_id=self._flavor.id,
            networks="none",
        )
        return guest.id

    def _image(self, node: int, visibility: str = "public") -> str:
        """Upload an image and download it from a node, which caches it then."""
        image = self._cloud.connection.image
        made = image.create_image(
            f"{visibility}-at-{node}",
            data=io.BytesIO(b"\0" * SIZE),
            disk_format="raw",
            container_format="bare",
            visibility=visibility,
            validate_checksum=False,
        )
        url = f"{self._cloud.lab.nodes[node - 1].url}/v2/images/{made.id}/file"
        token = self._cloud.connection.session.get_token()
        with requests.Session() as direct:
            direct.trust_env = False
            answer = direct.get(url, headers={"X-Auth-Token": token}, timeout=300)
        assert answer.content == b"\0" * SIZE
        return made.id

    def _make_aggregates(self) -> None:
        node3 = self._cloud.lab.nodes[2].url
        for host, zone, metadata in (
            ("compute1", "edge1", {}),
            ("compute2", None, {"glance_site": "edge2"}),
            ("compute3", None, {"glance_node": node3}),
        ):
            made = self._compute.create_aggregate(name=host, availability_zone=zone)
            self._compute.add_host_to_aggregate(made, host)
            if metadata:
                self._compute.set_aggregate_metadata(made, metadata)
