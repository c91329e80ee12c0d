# SPDX-License-Identifier: Apache-2.0
"""Read an image during its fill, in any process, and go on from the store where the fill ends."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Callable

from oslo_log import log

from glance_cache_nodes.cache import layout, locks, state
from glance_cache_nodes.exception import FillBrokenError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.fill.backend import Backend
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.ledger import Ledger

LOG = log.getLogger(__name__)

CHUNK = 256 * 1024  # bytes that a reader takes at once
SHORTEST, LONGEST = 0.03, 0.1  # seconds between two looks of a reader at the file
LOOK_EVERY = 1.0  # seconds after which a reader makes sure that the filler lives


class Reader:
    """The bytes of an image that is being filled in, as they come.

    While it has the part file open it shares a lock on it, by which the filler sees that somebody
    reads along.

    Args:
        ledger: the fills of this node.
        image: what is filled in.
        store: where the bytes come from that the fill does not give.
        stall_timeout: seconds without a byte, after the first, after which the store is read.
        gives_up: returns whether to wait no longer for the first byte.
    """

    def __init__(
        self,
        ledger: Ledger,
        image: ImageToFill,
        store: Backend,
        stall_timeout: float,
        gives_up: Callable[[], bool],
    ) -> None:
        self._ledger, self._image, self._store = ledger, image, store
        self._stall_timeout, self._gives_up = stall_timeout, gives_up
        self._descriptor = -1

    def has_begun(self) -> bool:
        """Wait for the first byte; return whether it came."""
        pause = Pause()
        while True:
            has_ended = not is_running(self._ledger, self._image.id, certain=pause.is_long)
            if self._open() and self._has_bytes():
                return True
            if has_ended or self._gives_up():
                return False
            pause.wait()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes.

        Raises:
            FillBrokenError: a node sent wrong bytes, and the first of them are with the client.
            FillSourceError: the store broke off.
        """
        offset = 0
        try:
            has_begun = self._descriptor >= 0 or self.has_begun()
            while has_begun and offset < self._image.size:
                chunk = self._next(min(CHUNK, self._image.size - offset), offset)
                if not chunk:
                    break
                offset += len(chunk)
                yield chunk
        finally:
            self.close()
        if offset < self._image.size:
            LOG.info("Image %s: the store is read from byte %d on", self._image.id, offset)
            yield from self._store.read(offset)

    def close(self) -> None:
        """Close the file; any number of times."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _open(self) -> bool:
        """Open the part file, or the cached file if it is whole."""
        if self._descriptor >= 0:
            return True
        with contextlib.suppress(OSError):
            path = layout.part_file(self._ledger.directory, self._image.id)
            self._descriptor = state.open_file(path, os.O_RDONLY)
            locks.try_share(self._descriptor)
            return True
        with contextlib.suppress(OSError):
            path = layout.cached_file(self._ledger.directory, self._image.id)
            self._descriptor = state.open_file(path, os.O_RDONLY)
            if os.fstat(self._descriptor).st_size == self._image.size:
                return True
            self.close()
        return False

    def _has_bytes(self) -> bool:
        found = os.fstat(self._descriptor)
        if not found.st_size and not found.st_nlink:  # of a fill that has failed: look again
            self.close()
        return found.st_size > 0

    def _next(self, most: int, offset: int) -> bytes:
        """Return the next bytes; none where the fill gives no more."""
        end, pause = time.monotonic() + self._stall_timeout, Pause()
        while self._descriptor >= 0:
            # In this order: what was written before the fill ended is still read.
            has_ended = self._has_ended(certain=pause.is_long)
            chunk = os.read(self._descriptor, most)
            if chunk:
                return chunk
            if os.fstat(self._descriptor).st_size < offset:
                reason = "another node sent wrong bytes of it"
                raise FillBrokenError(f"image {self._image.id} breaks off: {reason}")
            if has_ended or time.monotonic() > end:
                break
            pause.wait()
        return b""

    def _has_ended(self, *, certain: bool) -> bool:
        # A file without a name is of a fill that has ended: another one may run by now.
        is_removed = os.fstat(self._descriptor).st_nlink == 0
        return is_removed or not is_running(self._ledger, self._image.id, certain=certain)


class Pause:
    """The time between two looks."""

    def __init__(self) -> None:
        self._seconds = SHORTEST
        self._look = time.monotonic() + LOOK_EVERY

    @property
    def is_long(self) -> bool:
        """Whether to check the filler now; true once in LOOK_EVERY."""
        now = time.monotonic()
        if now < self._look:
            return False
        self._look = now + LOOK_EVERY
        return True

    def wait(self) -> None:
        """Sleep, a little longer each time."""
        time.sleep(self._seconds)
        self._seconds = min(self._seconds * 1.5, LONGEST)


def is_running(ledger: Ledger, image_id: str, *, certain: bool) -> bool:
    """Return whether an image is being filled in.

    Args:
        ledger: the fills of this node.
        image_id: the image.
        certain: whether to look if the process that fills lives still.
    """
    if certain:
        return ledger.is_running(image_id)
    return layout.lock_file(ledger.directory, image_id).exists()
