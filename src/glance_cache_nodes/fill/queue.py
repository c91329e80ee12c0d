# SPDX-License-Identifier: Apache-2.0
"""``PUT /v2/cache/{image_id}``: queue an image for a fill."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import webob
from oslo_log import log

from glance_cache_nodes.exception import LockBusyError
from glance_cache_nodes.fill import access, caller, image
from glance_cache_nodes.fill.ledger import Claim
from glance_cache_nodes.net import threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.fill.caller import Caller
    from glance_cache_nodes.fill.filler import Filler
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.peer_finder import PeerFinder
    from glance_cache_nodes.fill.service import FillService

LOG = log.getLogger(__name__)
ACCEPTED = 202
AGAIN = 0.2  # seconds until the next try while other fills take all the places


@dataclasses.dataclass(frozen=True)
class _Job:
    image: ImageToFill
    peers: PeerFinder
    caller: Caller
    has_threads: bool


class FillQueue:
    """The queued images, and the threads that fill them."""

    def __init__(self, service: FillService, application: Any) -> None:
        self._service, self._application = service, application
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._known: set[str] = set()
        self._threads = 0

    def answer(self, environ: Mapping[str, Any], image_id: str) -> webob.Response | None:
        """Return 202, or None if Glance answers the request."""
        peers = self._service.peers()
        if peers is None:
            return None
        context = webob.Request(environ).context
        shown = access.image_to_cache(self._service.shared.enforcer.glance, context, image_id)
        asked = image.of(shown) if shown else None
        if asked is None or not self._service.may_fill(asked):
            return None
        kept = caller.keep(environ, context, image_id, self._application, as_admin=True)
        has_threads = bool(environ.get("wsgi.multithread"))
        self._put(_Job(asked, peers, kept, has_threads))
        return webob.Response(status=ACCEPTED)

    def _put(self, job: _Job) -> None:
        with self._lock:
            if job.image.id in self._known:
                return
            self._service.publisher.queue(job.image)
            if self._threads < self._service.ledger.at_once:
                threads.start("cache-nodes-fill", self._work)  # it waits for the lock
                self._threads += 1
            self._known.add(job.image.id)
            self._waiting.append(job)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                job = self._waiting.popleft()
            try:
                self._fill(job)
            except Exception:
                LOG.exception("Image %s was not filled in", job.image.id)
            finally:
                with self._lock:
                    self._known.discard(job.image.id)
                self._service.publisher.unqueue(job.image)

    def _fill(self, job: _Job) -> None:
        job.caller.is_logged()
        project = job.caller.context.project_id
        while not self._is_there(job.image):
            try:
                claim = self._service.claim(job.image, project, is_placed=True)
            except (LockBusyError, OSError) as error:
                reason = str(error) or "the lock of all fills is busy"
                self._service.back_offs.node_failed(reason)
                self._filler(job).tell(reason)
                return
            if isinstance(claim, Claim):
                self._service.run(self._filler(job), claim)
                return
            if claim is not None and claim.is_lasting:
                self._filler(job).tell(claim.reason)
                return
            time.sleep(AGAIN)

    def _filler(self, job: _Job) -> Filler:
        return self._service.filler(
            job.image, job.peers, job.caller, has_threads=job.has_threads, is_placed=True
        )

    def _is_there(self, wanted: ImageToFill) -> bool:
        # A file without a row is filled in again: nobody knows whose bytes it has.
        return self._service.publisher.is_cached(wanted) and self._service.publisher.has_row(
            wanted.id
        )
