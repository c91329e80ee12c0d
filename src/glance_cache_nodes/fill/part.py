# SPDX-License-Identifier: Apache-2.0
"""The file that a fill writes, ``cache_nodes/ID.part``.

The last block is written only when all bytes have the image's hash. So a file of the image's size
is the image, and nobody has ever read a whole wrong one. It keeps its inode when it is renamed
into the cache, or removed: who reads along sees no difference. It is emptied where its bytes are
wrong and not the store's, so that nobody adds the right end to a wrong beginning.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import state
from glance_cache_nodes.exception import WrongBytesError
from glance_cache_nodes.fill import hashing

if TYPE_CHECKING:
    from pathlib import Path

    from glance_cache_nodes.fill.image import ImageToFill


class Part:
    """The part file, as its filler writes it.

    Args:
        path: where; a file that is left over there is removed first.
        image: what is filled in.

    Attributes:
        offset: bytes that have come so far.
    """

    def __init__(self, path: Path, image: ImageToFill) -> None:
        self._image = image
        path.unlink(missing_ok=True)
        # With the mode that Glance's cached files have: it becomes one of them.
        descriptor = state.open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._begin()

    def _begin(self) -> None:
        self.offset = 0
        self._last = b""
        self._hashing = hashing.begin(self._image)

    @property
    def is_whole(self) -> bool:
        """Whether all bytes have come."""
        return self.offset == self._image.size

    def add(self, block: bytes) -> None:
        """Take the next block; the one before is written.

        Raises:
            WrongBytesError: it goes beyond the image's size.
            OSError: the file cannot be written.
        """
        if self.offset + len(block) > self._image.size:
            raise WrongBytesError(f"more than {self._image.size} bytes")
        if not block:
            return
        self._hashing.update(block)
        self._write(self._last)
        self._last = block
        self.offset += len(block)

    def finish(self) -> None:
        """Write the last block, if all bytes together are the image.

        Raises:
            WrongBytesError: they are not.
            OSError: the file cannot be written.
        """
        if not self._hashing.is_right():
            raise WrongBytesError(f"another {self._image.algorithm} than the image's")
        self._write(self._last)
        self._last = b""

    def begin_again(self) -> bool:
        """Discard all bytes, if nobody can have read any; return whether it did."""
        if os.fstat(self._file.fileno()).st_size:
            return False
        self._hashing.close()
        self._begin()
        return True

    def empty(self) -> None:
        """Remove all bytes, so that those who read along break off."""
        os.ftruncate(self._file.fileno(), 0)

    def close(self) -> None:
        """Close the file. It stays where it is."""
        self._hashing.close()
        self._file.close()

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
