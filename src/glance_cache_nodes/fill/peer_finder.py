# SPDX-License-Identifier: Apache-2.0
"""Which nodes are asked for an image, in which order, and for how long in all."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes import node_url
from glance_cache_nodes.db import image_copies, nodes
from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from glance_cache_nodes.db.database import Database
    from glance_cache_nodes.fill.back_off import BackOff
    from glance_cache_nodes.sites import Sites

LOG = log.getLogger(__name__)

# Seconds that are too few to ask a node.
_TOO_FEW = 0.05


@dataclasses.dataclass(frozen=True)
class PeerFinder:
    """The nodes around this one."""

    database: Database
    sites: Sites
    own_url: str
    back_off: BackOff

    def search(
        self, image_id: str, until: float, *, readers_too: bool
    ) -> Iterator[tuple[str, bool, float]]:
        """Yield the nodes to ask for an image, one after the other.

        Each has half of the time that is left, so that one that is silent leaves some to the next.

        Args:
            image_id: the image.
            until: when the search ends, by the monotonic clock.
            readers_too: whether to ask also the node of this site that reads the image from the
                store, where none holds it.

        Yields:
            The node, whether it holds the image by the record, and its seconds.
        """
        for is_holder in (True, False) if readers_too else (True,):
            for url in (self.holders if is_holder else self.readers)(image_id, until):
                seconds = (until - time.monotonic()) / 2
                if seconds < _TOO_FEW:
                    return
                if self.back_off.may_try(url):
                    yield url, is_holder, seconds

    def holders(self, image_id: str, until: float) -> list[str]:
        """Return the nodes of this site and those near it that hold an image, nearest first."""
        own = self.sites.site_of(self.own_url)
        near = {own, *self.sites.near(own)}
        held = self.recorded(image_id, until)
        return [url for url in held if self.sites.site_of(url) in near]

    def recorded(self, image_id: str, until: float) -> list[str]:
        """Return all nodes of the sites file that hold an image by the record, nearest first."""
        try:
            copies = image_copies.find(self.database.within(until), image_id)
        except DatabaseUnavailableError as error:
            LOG.warning("The nodes that hold an image are not known: %s", error)
            return []
        return self.sites.nearest_first(
            self.sites.site_of(self.own_url), self._others(copy.node for copy in copies)
        )

    def readers(self, image_id: str, until: float) -> list[str]:
        """Return the nodes of this site that are to read an image before this one."""
        try:
            registered = nodes.find_urls(self.database.within(until))
        except DatabaseUnavailableError as error:
            LOG.warning("The nodes of this site are not known: %s", error)
            return []
        own = self.sites.site_of(self.own_url)
        of_site = [url for url in registered if self.sites.site_of(url) == own]
        order = by_hash(image_id, [*of_site, self.own_url])
        return self._others(order[: order.index(self.own_url)])

    def _others(self, urls: Iterable[str]) -> list[str]:
        # This node may have registered under another spelling before: with a slash at the end.
        return [
            url
            for url in urls
            if self.sites.has(url)
            and not node_url.are_same(url, self.own_url)
            and not self.back_off.is_on(url)
        ]


def by_hash(image_id: str, urls: Iterable[str]) -> Sequence[str]:
    """Return nodes by their rendezvous hash with an image, the highest first; the same on all.

    A node that comes or goes changes nothing about the order of the others.
    """

    def score(url: str) -> bytes:
        return hashlib.sha256(f"{image_id} {url}".encode()).digest()

    return sorted(set(urls), key=score, reverse=True)
