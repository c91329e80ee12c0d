# SPDX-License-Identifier: Apache-2.0
"""Compare files with the strongest hash that their images have."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.cache import image_hash
from glance_cache_nodes.reconcile.disk import File

if TYPE_CHECKING:
    from glance_cache_nodes.db.image_copies import ImageData

_CHUNK = 1024 * 1024
_SECONDS_BETWEEN_LINES = 5.0
_MEGABYTE = 1e6


def name_of_strongest(image: ImageData) -> str | None:
    """Return the algorithm of the image's strongest hash; None where Python knows none."""
    algorithm, _ = _strongest(image)
    return algorithm


def _strongest(image: ImageData) -> tuple[str | None, str | None]:
    return image_hash.strongest(image.os_hash_algo, image.os_hash_value, image.checksum)


class Checksums:
    """Compares files, and keeps the outcome while a file is unchanged.

    Args:
        tell: is given a line of progress every few seconds.
        clock: returns seconds.

    Attributes:
        unreadable: paths of files that could not be read, with the reason.
    """

    def __init__(
        self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell, self._clock = tell, clock
        self._last_line = clock()
        self._known: dict[tuple[object, ...], bool | None] = {}
        self._read = 0
        self.unreadable: dict[str, str] = {}

    def are_right(self, file: File, image: ImageData) -> bool | None:
        """Return whether the file has the image's strongest hash.

        Returns:
            None when the image has none, or the file could not be read or changed meanwhile.
        """
        algorithm, expected = _strongest(image)
        if algorithm is None or expected is None:
            return None
        key = (file.inode, file.size, file.written, algorithm, expected)
        if key not in self._known:
            found = self._hash(file, algorithm)
            self._known[key] = None if found is None else found == expected.lower()
        return self._known[key]

    def _hash(self, file: File, algorithm: str) -> str | None:
        digest = image_hash.new(algorithm)
        try:
            with file.path.open("rb", buffering=0) as opened:
                while chunk := opened.read(_CHUNK):
                    digest.update(chunk)
                    self._progress(file, len(chunk))
                after = File.of(file.path, os.fstat(opened.fileno()))
        except FileNotFoundError:
            return None
        except OSError as error:
            self.unreadable[str(file.path)] = error.strerror or str(error)
            return None
        return str(digest.hexdigest()) if after.has_bytes_of(file) else None

    def _progress(self, file: File, count: int) -> None:
        self._read += count
        now = self._clock()
        if now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._tell(f"checksums: {self._read / _MEGABYTE:.0f} MB read, now {file.path.name}")
