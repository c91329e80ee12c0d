# SPDX-License-Identifier: Apache-2.0
"""End the fills of this process that nobody reads any more, or that stand still.

A filler may wait for its store without end. So a thread of its own looks at all fills once in a
while, and frees the place of one that it ends, whatever its thread does.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes.cache import layout, locks, state
from glance_cache_nodes.exception import NoThreadError
from glance_cache_nodes.net import threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.fill.filler import Filler
    from glance_cache_nodes.fill.ledger import Claim

LOG = log.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds


@dataclasses.dataclass(eq=False)
class _Watched:
    filler: Filler
    claim: Claim
    read: float  # when somebody was seen to read along, by the monotonic clock
    moved: float  # when the last byte came
    offset: int = 0


class FillWatch:
    """The fills of this process.

    Args:
        linger: seconds for which a fill goes on that nobody reads.
        stands_still: seconds without a byte after which a fill is ended.
    """

    def __init__(self, linger: float, stands_still: float) -> None:
        self._linger, self._stands_still = linger, stands_still
        self._fills: set[_Watched] = set()
        self._lock = threading.Lock()
        self._is_running = False

    @contextlib.contextmanager
    def watching(self, filler: Filler, claim: Claim) -> Iterator[None]:
        """Watch a fill for the block."""
        now = time.monotonic()
        watched = _Watched(filler, claim, now, now)
        with self._lock:
            self._fills.add(watched)
            if not self._is_running:
                with contextlib.suppress(NoThreadError):  # the next fill tries again
                    threads.start("cache-nodes-watch", self._run)
                    self._is_running = True
        try:
            yield
        finally:
            with self._lock:
                self._fills.discard(watched)

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            with self._lock:
                fills = list(self._fills)
                self._is_running = bool(fills)
            if not fills:
                return
            for each in fills:
                self._look(each, time.monotonic())

    def _look(self, watched: _Watched, now: float) -> None:
        filler = watched.filler
        if filler.offset != watched.offset:
            watched.offset, watched.moved = filler.offset, now
        if filler.is_placed or _has_reader(watched):
            watched.read = now
        is_left = now - watched.read > self._linger
        if (is_left or now - watched.moved > self._stands_still) and not filler.is_ended.is_set():
            why = "nobody reads it" if is_left else "it stands still"
            LOG.info("The fill of image %s is ended: %s", filler.image.id, why)
            filler.is_ended.set()
            watched.claim.release()


def _has_reader(watched: _Watched) -> bool:
    """Return whether a process has the part file open to read along: it shares a lock on it."""
    path = layout.part_file(watched.filler.publisher.directory, watched.filler.image.id)
    try:
        with state.opened(path, os.O_RDONLY) as descriptor:
            return not locks.try_lock(descriptor)
    except OSError:
        return False
