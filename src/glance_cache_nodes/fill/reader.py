# SPDX-License-Identifier: Apache-2.0
"""Read an image during its fill, in any process."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import FillBrokenError, LockBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.ledger import Ledger

CHUNK = 256 * 1024  # bytes that a reader takes at once
SHORTEST, LONGEST = 0.002, 0.05  # seconds between two looks of a reader at the file
LOOK_EVERY = 1.0  # seconds after which a reader makes sure that the filler lives


class Reader:
    """The bytes of an image that is being filled in, as they come.

    Args:
        descriptor: the part file or the cached file, open for reading; closed by this.
        ledger: the fills of this node.
        wanted: the image.
        limit: seconds without a byte after which a reader gives up.
    """

    def __init__(self, descriptor: int, ledger: Ledger, wanted: ImageToFill, limit: float) -> None:
        self._descriptor = descriptor
        self._ledger, self._wanted, self._limit = ledger, wanted, limit

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes.

        Raises:
            FillBrokenError: the fill ended too early, or stands still.
        """
        try:
            left = self._wanted.size
            while left:
                chunk = self._next(min(CHUNK, left))
                left -= len(chunk)
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _next(self, most: int) -> bytes:
        chunk = os.read(self._descriptor, most)
        if chunk:
            return chunk
        pause = Pause(self._limit)
        while True:
            # In this order: what was written before the fill ended is still read.
            has_ended = self._has_ended(certain=pause.is_long)
            chunk = os.read(self._descriptor, most)
            if chunk:
                return chunk
            if has_ended or pause.is_over:
                reason = "has ended" if has_ended else "stands still"
                raise FillBrokenError(f"the fill of image {self._wanted.id} {reason} too early")
            pause.wait()

    def _has_ended(self, *, certain: bool) -> bool:
        # A file without a name is of a fill that has failed: another one may run by now.
        is_removed = os.fstat(self._descriptor).st_nlink == 0
        return is_removed or not is_running(self._ledger, self._wanted.id, certain=certain)


class Pause:
    """The time that a reader waits for bytes.

    Args:
        limit: seconds after which it is over.
    """

    def __init__(self, limit: float) -> None:
        self._seconds = SHORTEST
        now = time.monotonic()
        self._end, self._look = now + limit, now + LOOK_EVERY

    @property
    def is_over(self) -> bool:
        """Whether the limit has passed."""
        return time.monotonic() > self._end

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
        try:
            return ledger.is_running(image_id)
        except LockBusyError:
            return True
    return layout.lock_file(ledger.directory, image_id).exists()


def follow(ledger: Ledger, wanted: ImageToFill, limit: float) -> Reader | None:
    """Wait for the first bytes of an image that is being filled in.

    Args:
        ledger: the fills of this node.
        wanted: the image.
        limit: seconds without a byte after which a reader gives up.

    Returns:
        The reader; None where the fill ended before a byte came.
    """
    pause = Pause(limit)
    while True:
        has_ended = not is_running(ledger, wanted.id, certain=pause.is_long)
        descriptor = _open_begun(ledger.directory, wanted)
        if descriptor is not None:
            return Reader(descriptor, ledger, wanted, limit)
        if has_ended or pause.is_over:
            return None
        pause.wait()


def _open_begun(directory: Path, wanted: ImageToFill) -> int | None:
    """Return the part file if it has bytes, or the cached file if it is whole, open."""
    for path, least in (
        (layout.part_file(directory, wanted.id), 1),
        (layout.cached_file(directory, wanted.id), wanted.size),
    ):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        if os.fstat(descriptor).st_size >= least:
            return descriptor
        os.close(descriptor)
    return None
