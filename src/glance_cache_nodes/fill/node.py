# SPDX-License-Identifier: Apache-2.0
"""What fills of this node need, made when Glance loads its pipeline."""

from __future__ import annotations

import dataclasses
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glance import image_cache  # noqa: F401 - registers image_cache_dir and image_cache_driver
from oslo_config import cfg
from oslo_db import options as database_options
from oslo_log import log

from glance_cache_nodes import conf as options
from glance_cache_nodes.cache import DRIVER, layout
from glance_cache_nodes.db.database import Database
from glance_cache_nodes.fill import access
from glance_cache_nodes.fill.avoided import Avoided
from glance_cache_nodes.fill.backend import Backend
from glance_cache_nodes.fill.filler import Filler
from glance_cache_nodes.fill.ledger import Claim, Ledger, Limits, Refused
from glance_cache_nodes.fill.peer import Caller, Peer
from glance_cache_nodes.fill.publish import Publisher
from glance_cache_nodes.fill.sources import Neighbours
from glance_cache_nodes.fleet import tls
from glance_cache_nodes.sites import SitesFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.fill.request import Request
    from glance_cache_nodes.fill.source import Source
    from glance_cache_nodes.fill.wanted import Wanted

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Node:
    """This node.

    Attributes:
        conf: Glance's configuration.
        enforcer: Glance's policy.
        database: Glance's tables.
        sites_file: the sites file.
        publisher: Glance's cache.
        ledger: the fills of the node.
        avoided: the peers that are not asked for a while.
        tls: how ``https`` peers are called.
    """

    conf: Any
    enforcer: Any
    database: Database
    sites_file: SitesFile
    publisher: Publisher
    ledger: Ledger
    avoided: Avoided
    tls: ssl.SSLContext

    @property
    def own_url(self) -> str:
        """This node's reference URL."""
        return str(self.conf.worker_self_reference_url)

    @property
    def stall_timeout(self) -> float:
        """Seconds without bytes after which a peer is left."""
        return float(self.conf.cache_nodes.fill_stall_timeout)

    @property
    def patience(self) -> float:
        """Seconds without bytes after which those who read along give up.

        It is longer than the filler's own, which may pass for several peers, one after the other.
        """
        return max(60.0, 6 * self.stall_timeout)

    def neighbours(self) -> Neighbours | None:
        """Return the nodes around this one; None where no sites file names this one."""
        sites = self.sites_file.current()
        if sites is None or not sites.has(self.own_url):
            return None
        return Neighbours(self.database, sites, self.own_url, self.avoided)

    def claim(self, wanted: Wanted) -> Claim | Refused | None:
        """Start a fill, as :meth:`Ledger.claim`; evict images if the cache is full.

        Raises:
            LedgerBusyError: another process holds the ledger for too long.
            OSError: the cache directory cannot be used.
        """
        self.mend()
        outcome = self.ledger.claim(wanted.id, wanted.size)
        if not isinstance(outcome, Refused) or not outcome.too_much:
            return outcome
        fits = wanted.size <= self.ledger.limits.cache_bytes
        if not fits or not self.publisher.make_room(outcome.too_much):
            return outcome
        return self.ledger.claim(wanted.id, wanted.size)

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
        self, wanted: Wanted, around: Neighbours, request: Request, *, from_peer: bool
    ) -> Filler:
        """Return what fills an image in.

        Args:
            wanted: the image.
            around: the nodes that may be asked.
            request: the request that asks for it.
            from_peer: whether a peer sent it; then no other peer is asked.
        """
        sources = self._sources(wanted, around, request, from_peer=from_peer)
        return Filler(wanted, sources, self.publisher, self.avoided)

    def _sources(
        self, wanted: Wanted, around: Neighbours, request: Request, *, from_peer: bool
    ) -> Iterator[Source]:
        # Without a checksum nobody could tell a wrong image from the right one.
        if wanted.algorithm is not None and not from_peer:
            caller = Caller(request.headers, self.own_url, self.stall_timeout, self.tls)
            for url in around.holders(wanted.id):
                yield Peer(url, wanted, caller, only_if_cached=True)
            for url in around.readers(wanted.id):
                yield Peer(url, wanted, caller, only_if_cached=False)
        yield Backend(request.application, request.environ)


def load() -> Node | None:
    """Return this node, from Glance's configuration; None where it has no cache that others see."""
    conf = cfg.CONF
    options.register(conf)
    conf.register_opts(database_options.database_opts, group="database")  # Glance may do so later
    if not conf.image_cache_dir or conf.image_cache_driver.lower() != DRIVER:
        return None
    directory = Path(conf.image_cache_dir)
    limits = Limits(conf.cache_nodes.fill_concurrency, conf.image_cache_max_size)
    node = Node(
        conf,
        access.make_enforcer(),
        Database(conf),
        SitesFile(conf.cache_nodes.sites_file),
        Publisher(conf),
        Ledger(directory, limits),
        Avoided(directory),
        tls_context(conf.cache_nodes),
    )
    if layout.fill_dir(directory).exists():
        node.mend()
    return node


def tls_context(options: Any) -> ssl.SSLContext:
    """Return how ``https`` peers are called; where its files cannot be used, none can be.

    Args:
        options: the group ``[cache_nodes]``.
    """
    try:
        return tls.context(options)
    except OSError as error:
        LOG.error(  # noqa: TRY400 - what is wrong stands in the configuration
            "[cache_nodes] cafile, certfile or keyfile cannot be used: %s; cache_fill reads no "
            "image from a node with https",
            error,
        )
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it trusts nobody
