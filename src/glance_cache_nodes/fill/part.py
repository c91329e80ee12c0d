# SPDX-License-Identifier: Apache-2.0
"""The file that a fill writes, ``fill/ID.part``.

The last block is written only when all bytes have the image's hash. So a file of the image's size
is the image, and nobody has ever read a whole wrong one. It keeps its inode when it is renamed
into the cache, or removed: who reads along sees no difference.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import WrongBytesError
from glance_cache_nodes.fill import hashing

if TYPE_CHECKING:
    from pathlib import Path

    from glance_cache_nodes.fill.image import ImageToFill


class Part:
    """The part file, as its filler writes it.

    Args:
        path: where; a file that is left over there is removed first.
        wanted: the image.

    Attributes:
        offset: bytes that have come so far.
    """

    def __init__(self, path: Path, wanted: ImageToFill) -> None:
        self._path, self._wanted = path, wanted
        path.unlink(missing_ok=True)
        self._file = path.open("xb", buffering=0)
        self._begin()

    def _begin(self) -> None:
        self.offset = 0
        self._last = b""
        self._hashing = hashing.begin(self._wanted)

    @property
    def is_whole(self) -> bool:
        """Whether all bytes have come."""
        return self.offset == self._wanted.size

    def add(self, block: bytes) -> None:
        """Take the next block; the one before is written.

        Raises:
            WrongBytesError: it goes beyond the image's size.
            OSError: the file cannot be written.
        """
        if self.offset + len(block) > self._wanted.size:
            raise WrongBytesError(f"more than {self._wanted.size} bytes")
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
            raise WrongBytesError(f"another {self._wanted.algorithm} than the image's")
        self._write(self._last)
        self._last = b""

    def begin_again(self) -> bool:
        """Discard all bytes, if nobody can have read any; return whether it did."""
        if os.fstat(self._file.fileno()).st_size:
            return False
        self._hashing.close()
        self._begin()
        return True

    def close(self) -> None:
        """Close the file. It stays where it is."""
        self._hashing.close()
        self._file.close()

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
