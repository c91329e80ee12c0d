# SPDX-License-Identifier: Apache-2.0
"""The hash of the bytes that come in, computed beside the thread that receives and writes them."""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Any, Protocol

from glance_cache_nodes.exception import NoThreadError
from glance_cache_nodes.net import threads

if TYPE_CHECKING:
    from glance_cache_nodes.fill.image import ImageToFill

BATCH = 512 * 1024  # bytes at least that are handed over at once: each time costs a switch
WAITING = 2  # batches at most that wait for the hash: they are held in memory


class Hashing(Protocol):
    """The hash of an image while its bytes come in."""

    def update(self, block: bytes) -> None:
        """Take the next bytes."""

    def is_right(self) -> bool:
        """Return whether all bytes together have the image's hash; nothing comes after it."""

    def close(self) -> None:
        """End the thread, if there is one; any number of times."""


def begin(wanted: ImageToFill) -> Hashing:
    """Return the hash of an image, without a byte of it."""
    hasher = wanted.hasher()
    # A green thread would only take turns with the one that receives.
    if hasher is not None and not threads.is_patched():
        with contextlib.suppress(NoThreadError):
            return _Beside(hasher, wanted.digest)
    return _Inline(hasher, wanted.digest)


class _Inline:
    def __init__(self, hasher: Any, digest: str | None) -> None:
        self._hasher, self._digest = hasher, digest

    def update(self, block: bytes) -> None:
        if self._hasher is not None:
            self._hasher.update(block)

    def is_right(self) -> bool:
        return self._hasher is None or self._hasher.hexdigest() == self._digest

    def close(self) -> None:
        pass


class _Beside:
    """One thread, which hashlib lets run while others do: it frees the interpreter's lock."""

    def __init__(self, hasher: Any, digest: str | None) -> None:
        self._hasher, self._digest = hasher, digest
        self._batch: list[bytes] = []
        self._bytes = 0
        self._batches: queue.Queue[list[bytes]] = queue.Queue(WAITING)
        self._thread = threads.start("cache-nodes-hash", self._run)

    def update(self, block: bytes) -> None:
        self._batch.append(block)
        self._bytes += len(block)
        if self._bytes >= BATCH:
            self._hand_over()

    def is_right(self) -> bool:
        if self._batch:
            self._hand_over()
        self.close()
        return bool(self._hasher.hexdigest() == self._digest)

    def close(self) -> None:
        if self._thread.is_alive():
            self._batches.put([])  # ends the thread
            self._thread.join()

    def _hand_over(self) -> None:
        self._batches.put(self._batch)
        self._batch, self._bytes = [], 0

    def _run(self) -> None:
        while batch := self._batches.get():
            for block in batch:
                self._hasher.update(block)
