# SPDX-License-Identifier: Apache-2.0
"""What fills of this node need, made when Glance loads its pipeline."""

from __future__ import annotations

import dataclasses
import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes import service
from glance_cache_nodes.cache import DRIVER
from glance_cache_nodes.fill import old_state
from glance_cache_nodes.fill.back_off import BackOffs, back_offs_of
from glance_cache_nodes.fill.backend import Backend
from glance_cache_nodes.fill.filler import Filler
from glance_cache_nodes.fill.ledger import Claim, Ledger, Refused
from glance_cache_nodes.fill.peer import Pace, Peer, headers_for
from glance_cache_nodes.fill.peer_finder import PeerFinder
from glance_cache_nodes.fill.publish import Publisher
from glance_cache_nodes.fill.watch import FillWatch
from glance_cache_nodes.net.threads import Limited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.fill.caller import Caller
    from glance_cache_nodes.fill.filler import Source
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.service import Service

LOG = log.getLogger(__name__)

# Seconds for which another node may wait for its store, and after which a fill without a byte
# is ended.
FIRST_BYTE = 60.0
# Seconds of a search where the server has one thread a process, which other nodes may wait for.
SEARCH_OF_ONE_THREAD = 0.5
# Threads that hang in a store, for each fill that may run.
_THREADS = 4


@dataclasses.dataclass(frozen=True)
class FillService:
    """The parts that every fill may use.

    Attributes:
        shared: what both filters use.
        publisher: Glance's cache.
        ledger: the fills of the node.
        back_offs: the nodes that are not asked for a while, and whether no image is filled in.
        watch: ends the fills that nobody reads.
        threads: in which fills run.
    """

    shared: Service
    publisher: Publisher
    ledger: Ledger
    back_offs: BackOffs
    watch: FillWatch
    threads: Limited

    @property
    def own_url(self) -> str:
        """This node's reference URL."""
        return str(self.shared.conf.worker_self_reference_url)

    @property
    def stall_timeout(self) -> float:
        """Seconds without bytes after which a node is left."""
        return float(self.shared.conf.cache_nodes.fill_stall_timeout)

    @property
    def patience(self) -> float:
        """Seconds without bytes after which those who read along read the store.

        It is longer than the filler's own: else both would read the store.
        """
        return 2 * self.stall_timeout

    @property
    def search_timeout(self) -> float:
        """Seconds from a request until it reads the store, if no byte has come."""
        return float(self.shared.conf.cache_nodes.fill_search_timeout)

    def peers(self) -> PeerFinder | None:
        """Return what finds the nodes to ask; None where no sites file names this node."""
        sites = self.shared.sites.current()
        if sites is None or not sites.has(self.own_url):
            return None
        return PeerFinder(self.shared.database, sites, self.own_url, self.back_offs.peers)

    def may_fill(self, image: ImageToFill) -> bool:
        """Return whether an image may be filled in now, as far as this node and its store go."""
        return (
            self.ledger.at_once > 0
            and not self.publisher.is_wrong(image)
            and self.back_offs.may_fill()
        )

    def claim(
        self, image: ImageToFill, project: str | None, *, is_placed: bool = False
    ) -> Claim | Refused | None:
        """Start a fill, as :meth:`Ledger.claim`; correct what killed processes have left.

        Raises:
            LockBusyError: another process holds the lock of all fills for too long.
            OSError: the cache directory cannot be used.
        """
        outcome = self.ledger.claim(image.id, image.size, project, is_placed=is_placed)
        if self.ledger.half_published:
            self.correct()
        return outcome

    def correct(self) -> None:
        """Write the rows that killed processes of this node did not write, and remove the rest."""
        try:
            with self.ledger.held():
                self.ledger.look()
                half_published = dict(self.ledger.half_published)
            for image_id, inode in half_published.items():
                self.publisher.mend(image_id, inode)
                with self.ledger.held():
                    self.ledger.clear(image_id)
        except Exception:
            LOG.exception("The record cannot be corrected after a fill")

    def start(self, filler: Filler, claim: Claim) -> None:
        """Fill in a thread of its own.

        Raises:
            NoThreadError: there is none; the claim is released.
        """
        try:
            self.threads.start(functools.partial(self.run, filler, claim))
        except BaseException:
            claim.release()
            raise

    def run(self, filler: Filler, claim: Claim) -> None:
        """Fill, watched."""
        with self.watch.watching(filler, claim):
            filler.run(claim)

    def filler(  # noqa: PLR0913 - what makes a fill
        self,
        image: ImageToFill,
        peers: PeerFinder,
        caller: Caller,
        *,
        has_threads: bool,
        from_node: bool = False,
        is_placed: bool = False,
    ) -> Filler:
        """Return what fills an image in.

        Args:
            image: what is filled in.
            peers: finds the nodes to ask.
            caller: whoever asks for it.
            has_threads: whether the server answers others while this request waits.
            from_node: whether a node sent the request; then no other node is asked.
            is_placed: whether it goes on although nobody reads along.
        """
        seconds = self.search_timeout
        until = time.monotonic() + (seconds if has_threads else min(seconds, SEARCH_OF_ONE_THREAD))
        # Without a checksum nobody could tell a wrong image from the right one.
        asks = image.algorithm is not None and not from_node
        found = peers.search(image.id, until, readers_too=has_threads) if asks else iter(())
        sources = self._sources(image, caller, found)
        return Filler(image, caller, sources, self.publisher, self.back_offs, is_placed)

    def _sources(
        self, image: ImageToFill, caller: Caller, found: Iterator[tuple[str, bool, float]]
    ) -> Iterator[Source]:
        for url, is_holder, seconds in found:
            headers = headers_for(caller.headers, self.own_url, is_holder=is_holder)
            first_byte = self.stall_timeout if is_holder else FIRST_BYTE
            rate = self.shared.conf.cache_nodes.fill_min_rate
            pace = Pace(seconds, first_byte, self.stall_timeout, rate)
            yield Peer(url, image, headers, self.shared.http, pace, is_holder=is_holder)
        yield Backend(caller.application, caller.environ)


def load() -> FillService | None:
    """Return the service, from Glance's configuration; None where no other node sees the cache."""
    shared = service.load()
    conf = shared.conf
    if not conf.image_cache_dir or conf.image_cache_driver.lower() != DRIVER:
        return None
    directory, options = Path(conf.image_cache_dir), conf.cache_nodes
    loaded = FillService(
        shared,
        Publisher(conf),
        Ledger(directory, options.fill_concurrency),
        back_offs_of(directory),
        FillWatch(options.fill_linger, max(FIRST_BYTE, 6 * options.fill_stall_timeout)),
        Limited("cache-nodes-fill", _THREADS * max(1, options.fill_concurrency)),
    )
    old_state.remove(directory)
    loaded.correct()
    return loaded
