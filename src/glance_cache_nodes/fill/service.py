# SPDX-License-Identifier: Apache-2.0
"""What fills of this node need, made when Glance loads its pipeline."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes import service
from glance_cache_nodes.cache import DRIVER, layout
from glance_cache_nodes.fill.back_off import PeerBackOff
from glance_cache_nodes.fill.backend import Backend
from glance_cache_nodes.fill.filler import Filler
from glance_cache_nodes.fill.ledger import Claim, Ledger, Limits, Refused
from glance_cache_nodes.fill.peer import Peer, headers_for
from glance_cache_nodes.fill.peer_finder import PeerFinder
from glance_cache_nodes.fill.publish import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.fill.caller import Caller
    from glance_cache_nodes.fill.filler import Source
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.service import Service

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class FillService:
    """The parts that every fill may use.

    Attributes:
        shared: what both filters use.
        publisher: Glance's cache.
        ledger: the fills of the node.
        back_off: the peers that are not asked for a while.
    """

    shared: Service
    publisher: Publisher
    ledger: Ledger
    back_off: PeerBackOff

    @property
    def own_url(self) -> str:
        """This node's reference URL."""
        return str(self.shared.conf.worker_self_reference_url)

    @property
    def stall_timeout(self) -> float:
        """Seconds without bytes after which a peer is left."""
        return float(self.shared.conf.cache_nodes.fill_stall_timeout)

    @property
    def patience(self) -> float:
        """Seconds without bytes after which those who read along give up.

        It is longer than the filler's own, which may pass for several peers, one after the other.
        """
        return max(60.0, 6 * self.stall_timeout)

    def peers(self) -> PeerFinder | None:
        """Return what finds the nodes to ask; None where no sites file names this node."""
        sites = self.shared.sites.current()
        if sites is None or not sites.has(self.own_url):
            return None
        return PeerFinder(self.shared.database, sites, self.own_url, self.back_off)

    def claim(self, image: ImageToFill) -> Claim | Refused | None:
        """Start a fill, as :meth:`Ledger.claim`; evict images if the cache is full.

        Raises:
            LockBusyError: another process holds the ledger for too long.
            OSError: the cache directory cannot be used.
        """
        self.mend()
        outcome = self.ledger.claim(image.id, image.size)
        if not isinstance(outcome, Refused) or not outcome.too_much:
            return outcome
        fits = image.size <= self.ledger.limits.cache_bytes
        if not fits or not self.publisher.make_room(outcome.too_much):
            return outcome
        return self.ledger.claim(image.id, image.size)

    def mend(self) -> None:
        """Write the rows that killed processes of this node did not write, and remove the rest."""
        try:
            for image_id, inode in self.ledger.half_published().items():
                self.publisher.mend(image_id, inode)
                with self.ledger.held():
                    self.ledger.clear(image_id)
        except Exception:
            LOG.exception("The record cannot be corrected after a fill")

    def filler(
        self, image: ImageToFill, peers: PeerFinder, caller: Caller, *, from_peer: bool
    ) -> Filler:
        """Return what fills an image in.

        Args:
            image: what is filled in.
            peers: finds the nodes to ask.
            caller: whoever asks for it.
            from_peer: whether a peer sent the request; then no other peer is asked.
        """
        sources = self._sources(image, peers, caller, from_peer=from_peer)
        return Filler(image, caller, sources, self.publisher, self.back_off)

    def _sources(
        self, image: ImageToFill, peers: PeerFinder, caller: Caller, *, from_peer: bool
    ) -> Iterator[Source]:
        # Without a checksum nobody could tell a wrong image from the right one.
        if image.algorithm is not None and not from_peer:
            for url in peers.holders(image.id):
                yield self._peer(url, image, caller, only_if_cached=True)
            for url in peers.readers(image.id):
                yield self._peer(url, image, caller, only_if_cached=False)
        yield Backend(caller.application, caller.environ)

    def _peer(self, url: str, image: ImageToFill, caller: Caller, *, only_if_cached: bool) -> Peer:
        headers = headers_for(caller.headers, self.own_url, only_if_cached=only_if_cached)
        return Peer(url, image, headers, self.shared.http, self.stall_timeout)


def load() -> FillService | None:
    """Return the service, from Glance's configuration; None where no other node sees the cache."""
    shared = service.load()
    conf = shared.conf
    if not conf.image_cache_dir or conf.image_cache_driver.lower() != DRIVER:
        return None
    directory = Path(conf.image_cache_dir)
    limits = Limits(conf.cache_nodes.fill_concurrency, conf.image_cache_max_size)
    loaded = FillService(shared, Publisher(conf), Ledger(directory, limits), PeerBackOff(directory))
    if layout.fill_dir(directory).exists():
        loaded.mend()
    return loaded
