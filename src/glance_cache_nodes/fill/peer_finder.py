# SPDX-License-Identifier: Apache-2.0
"""Which peers are asked for an image, in which order."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes import node_url
from glance_cache_nodes.db import image_copies, nodes
from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glance_cache_nodes.db.database import Database
    from glance_cache_nodes.fill.back_off import PeerBackOff
    from glance_cache_nodes.sites import Sites

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class PeerFinder:
    """The nodes peers this one.

    Attributes:
        database: the record, with the nodes that have registered.
        sites: the sites file.
        own_url: this node's reference URL.
        back_off: those not to ask for a while.
    """

    database: Database
    sites: Sites
    own_url: str
    back_off: PeerBackOff

    def holders(self, image_id: str) -> list[str]:
        """Return the nodes of this site and those near it that hold an image, nearest first."""
        own = self.sites.site_of(self.own_url)
        near = {own, *self.sites.near(own)}
        held = self.recorded(image_id)
        return [url for url in held if self.sites.site_of(url) in near]

    def recorded(self, image_id: str) -> list[str]:
        """Return all nodes of the sites file that hold an image by the record, nearest first."""
        try:
            found = [copy.node for copy in image_copies.find(self.database, image_id)]
        except DatabaseUnavailableError as error:
            LOG.warning("The nodes that hold an image are not known: %s", error)
            return []
        return self.sites.nearest_first(
            self.sites.site_of(self.own_url), [url for url in found if self._may_ask(url)]
        )

    def readers(self, image_id: str) -> list[str]:
        """Return the nodes of this site that are to read an image before this one."""
        try:
            registered = nodes.find_urls(self.database)
        except DatabaseUnavailableError as error:
            LOG.warning("The nodes of this site are not known: %s", error)
            return []
        own = self.sites.site_of(self.own_url)
        of_site = [url for url in registered if self.sites.site_of(url) == own]
        order = by_hash(image_id, [*of_site, self.own_url])
        return [url for url in order[: order.index(self.own_url)] if self._may_ask(url)]

    def _may_ask(self, url: str) -> bool:
        # This node may have registered under another spelling before: with a slash at the end.
        is_this_one = node_url.are_same(url, self.own_url)
        return not is_this_one and self.sites.has(url) and not self.back_off.has(url)


def by_hash(image_id: str, urls: Iterable[str]) -> list[str]:
    """Return nodes by their rendezvous hash with an image, the highest first.

    A node that comes or goes changes nothing about the order of the others.

    Args:
        image_id: the image.
        urls: node reference URLs.
    """
    return sorted(set(urls), key=lambda url: _score(image_id, url), reverse=True)


def _score(image_id: str, url: str) -> bytes:
    return hashlib.sha256(f"{image_id} {url}".encode()).digest()
