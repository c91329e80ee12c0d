# SPDX-License-Identifier: Apache-2.0
"""``GET /v2/images/{image_id}/file`` of an image that this node does not hold yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import webob
from glance import notifier
from glance.api.common import size_checked_iter
from oslo_log import log

from glance_cache_nodes.exception import LockBusyError, NoThreadError
from glance_cache_nodes.fill import access, caller, image, peer, redirect
from glance_cache_nodes.fill.backend import Backend
from glance_cache_nodes.fill.ledger import Refused
from glance_cache_nodes.fill.reader import Reader
from glance_cache_nodes.fill.service import SEARCH_OF_ONE_THREAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.fill.caller import Caller
    from glance_cache_nodes.fill.filler import Filler
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.peer_finder import PeerFinder
    from glance_cache_nodes.fill.service import FillService

LOG = log.getLogger(__name__)
GATEWAY_TIMEOUT = 504


class Downloads:
    """Answers downloads during a fill."""

    def __init__(self, service: FillService, application: Any) -> None:
        self._service, self._application = service, application
        self._notifier = notifier.Notifier()

    def answer(self, environ: dict[str, Any], image_id: str) -> webob.Response | None:
        """Return the response to a request; None if Glance answers it."""
        begun = time.monotonic()
        peers = self._service.peers()
        if peers is None:
            return None
        request = webob.Request(environ)
        enforcer = self._service.shared.enforcer.glance
        shown = access.image_to_download(enforcer, request.context, image_id)
        asked = image.of(shown) if shown else None
        # A cached file that Glance's filter left alone is one that it must not serve.
        if asked is None or self._service.publisher.has_file(image_id):
            return None
        from_node = peer.is_of_node(environ, peers.sites)
        if from_node and peer.is_only_if_cached(environ):
            return webob.Response(status=GATEWAY_TIMEOUT)
        until = begun + self._service.search_timeout
        if from_node and peers.readers(image_id, until):
            return None  # another node is to read the store: this one has no part in it
        body = self._reader(request, asked, peers, until, from_node=from_node)
        if body is not None:
            return self._streamed(request, shown, body)
        return None if from_node else self._redirected(request, image_id, peers, until)

    def _reader(
        self,
        request: webob.Request,
        asked: ImageToFill,
        peers: PeerFinder,
        until: float,
        *,
        from_node: bool,
    ) -> Reader | None:
        """Return the bytes as they arrive, once the first of them is there."""
        kept = caller.keep(
            request.environ, request.context, asked.id, self._application, as_admin=False
        )
        try:
            filler = self._filler(request, asked, peers, kept, from_node=from_node)
        except (_NotFilledError, LockBusyError, NoThreadError, OSError) as error:
            LOG.info("Image %s is not filled in: %s", asked.id, error or "the lock is busy")
            return None

        ledger, patience = self._service.ledger, self._service.patience
        if filler is None:
            until = self._until_joined(request, asked)

        def gives_up() -> bool:
            is_at_store = filler is not None and filler.is_at_store.is_set()
            return not is_at_store and time.monotonic() > until

        store = Backend(kept.application, kept.environ)
        reader = Reader(ledger, asked, store, patience, gives_up)
        # A node waits for the headers no longer than for the decision.
        if from_node or reader.has_begun():
            return reader
        reader.close()
        LOG.info("Image %s: no byte of the fill in time, so the store is read", asked.id)
        _serve_without_copy(request)
        return None

    def _until_joined(self, request: webob.Request, asked: ImageToFill) -> float:
        """Return until when a request waits for a fill that another one has begun.

        Those who wait hold the threads of the server, so half of the time must do, and less where
        a process has one thread. It runs from the begin of the fill on, so that no request waits
        after another for a fill that has no byte.
        """
        seconds = self._service.search_timeout / 2
        if not request.environ.get("wsgi.multithread"):
            seconds = min(seconds, SEARCH_OF_ONE_THREAD)
        return time.monotonic() + seconds - self._service.ledger.age(asked.id)

    def _filler(
        self,
        request: webob.Request,
        asked: ImageToFill,
        peers: PeerFinder,
        kept: Caller,
        *,
        from_node: bool,
    ) -> Filler | None:
        """Return the fill that this request has begun; None where one runs already."""
        service = self._service
        if not service.may_fill(asked):
            raise _NotFilledError("fills fail on this node, or its store has other bytes")
        try:
            claim = service.claim(asked, request.context.project_id)
        except (LockBusyError, OSError) as error:
            service.back_offs.node_failed(str(error) or "the lock of all fills is busy")
            raise
        if isinstance(claim, Refused):
            if claim.is_lasting:
                _serve_without_copy(request)
            raise _NotFilledError(claim.reason)
        if claim is None:
            return None
        if service.publisher.is_cached(asked):
            claim.release()
            return None
        has_threads = bool(request.environ.get("wsgi.multithread"))
        filler = service.filler(asked, peers, kept, has_threads=has_threads, from_node=from_node)
        service.start(filler, claim)
        return filler

    def _streamed(self, request: webob.Request, shown: Any, body: Reader) -> webob.Response:
        _serve_without_copy(request)
        response = webob.Response(request=request)
        checked = size_checked_iter(
            response, access.target_of(shown), shown.size, body, self._notifier
        )
        response.app_iter = _Closing(checked, body)
        response.headers["Content-Type"] = "application/octet-stream"
        if shown.checksum:
            response.headers["Content-MD5"] = shown.checksum
        response.headers["Content-Length"] = str(shown.size)
        return response

    def _redirected(
        self, request: webob.Request, image_id: str, peers: PeerFinder, until: float
    ) -> webob.Response | None:
        if not self._service.shared.conf.cache_nodes.redirect_downloads:
            return None
        return redirect.to_a_holder(self._service, peers, request, image_id, until)


class _NotFilledError(Exception):
    """An image is not filled in now; the message says why."""


class _Closing:
    """A body that closes the reader with it, also where nothing of it was read."""

    def __init__(self, body: Any, reader: Reader) -> None:
        self._body, self._reader = body, reader

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close both."""
        try:
            self._body.close()
        finally:
            self._reader.close()


def _serve_without_copy(request: webob.Request) -> None:
    """Let Glance's cache filter in front copy nothing; it has left its checks to this one."""
    request.environ.pop("api.cache.image_id", None)
