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

from glance_cache_nodes.fill import access, reader, request, wanted
from glance_cache_nodes.fill.ledger import LedgerBusyError, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.fill.node import Node
    from glance_cache_nodes.fill.request import Request
    from glance_cache_nodes.fill.sources import Neighbours
    from glance_cache_nodes.fill.wanted import Wanted

LOG = log.getLogger(__name__)
ACCEPTED = 202
AGAIN = 0.2  # seconds until the next try while other fills take all the places


@dataclasses.dataclass(frozen=True)
class _Job:
    wanted: Wanted
    around: Neighbours
    request: Request


class Places:
    """The queued images, and the threads that fill them.

    Args:
        this: this node.
        application: what stands behind the filter.
    """

    def __init__(self, this: Node, application: Any) -> None:
        self._node, self._application = this, application
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._known: set[str] = set()
        self._threads = 0

    def answer(self, environ: Mapping[str, Any], image_id: str) -> webob.Response | None:
        """Return 202, or None if Glance answers the request.

        Args:
            environ: the request.
            image_id: the image.
        """
        around = self._node.neighbours()
        if around is None or not self._node.ledger.limits.at_once:
            return None
        context = webob.Request(environ).context
        image = access.image_to_cache(self._node.enforcer, context, image_id)
        asked = wanted.of(image) if image else None
        if asked is None:
            return None
        kept = request.keep(environ, context, image_id, self._application, as_admin=True)
        self._put(_Job(asked, around, kept))
        return webob.Response(status=ACCEPTED)

    def _put(self, job: _Job) -> None:
        with self._lock:
            if job.wanted.id in self._known:
                return
            self._node.publisher.queue(job.wanted)
            if self._threads < self._node.ledger.limits.at_once:
                threading.Thread(target=self._work, daemon=True).start()  # it waits for the lock
                self._threads += 1
            self._known.add(job.wanted.id)
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
                LOG.exception("Image %s was not filled in", job.wanted.id)
            finally:
                with self._lock:
                    self._known.discard(job.wanted.id)
                self._node.publisher.unqueue(job.wanted)

    def _fill(self, job: _Job) -> None:
        filler = self._node.filler(job.wanted, job.around, job.request, from_peer=False)
        while True:
            try:
                claim = self._node.claim(job.wanted)
            except (LedgerBusyError, OSError) as error:
                filler.tell(str(error) or "the ledger is busy")
                return
            if claim is None:
                self._wait_for(job.wanted)
                if self._is_there(job.wanted):
                    return
            elif not isinstance(claim, Refused):
                if self._is_there(job.wanted):
                    claim.release()
                else:
                    filler.run(claim)
                return
            elif claim.is_lasting:
                filler.tell(claim.reason)
                return
            time.sleep(AGAIN)

    def _is_there(self, image: Wanted) -> bool:
        # A file without a row is filled in again: nobody knows whose bytes it has.
        return self._node.publisher.is_cached(image) and self._node.publisher.has_row(image.id)

    def _wait_for(self, image: Wanted) -> None:
        pause = reader.Pause(self._node.patience)
        while reader.is_running(self._node.ledger, image.id, certain=pause.is_long):
            pause.wait()
