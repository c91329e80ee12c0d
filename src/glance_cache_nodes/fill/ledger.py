# SPDX-License-Identifier: Apache-2.0
"""The current fills of a node: one lock file for each image, over all processes.

A fill holds an flock on ``fill/ID.lock``, in which its size stands. The kernel frees it when the
process ends, however it ends, so a lock file that nobody holds is left over and is removed. All
changes are made under one more flock, which is held for as long as it takes to look peers.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import LockBusyError
from glance_cache_nodes.fill import lock_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Limits:
    """What fills may take.

    Attributes:
        at_once: fills at once on this node.
        cache_bytes: bytes of all cached images and fills together.
    """

    at_once: int
    cache_bytes: int


@dataclasses.dataclass(frozen=True)
class Refused:
    """A fill that may not begin.

    Attributes:
        reason: why, for the log and for people.
        is_lasting: whether waiting does not help.
        too_much: bytes that would have to go from the cache first.
    """

    reason: str
    is_lasting: bool = True
    too_much: int = 0


class Claim:
    """The right to fill an image in, which this process has until it releases it."""

    def __init__(self, ledger: Ledger, image_id: str, descriptor: int) -> None:
        self._ledger, self._descriptor, self.image_id = ledger, descriptor, image_id

    def publish(self, inode: int) -> None:
        """Note that the file of this inode, which is right, goes into the cache now."""
        os.pwrite(self._descriptor, f" {inode}".encode(), os.fstat(self._descriptor).st_size)

    @property
    def is_there(self) -> bool:
        """Whether the lock file is still this one, and not removed or of a later fill."""
        path = layout.lock_file(self._ledger.directory, self.image_id)
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let others fill the image; remove the rest of this fill."""
        try:
            with contextlib.suppress(LockBusyError), self._ledger.held():
                if self.is_there:
                    self._ledger.clear(self.image_id)
        finally:
            os.close(self._descriptor)


class Ledger:
    """The fills of a node.

    Args:
        directory: Glance's image_cache_dir.
        limits: what they may take.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        self.directory, self.limits = directory, limits

    def claim(self, image_id: str, size: int) -> Claim | Refused | None:
        """Start to fill an image.

        Args:
            image_id: the image.
            size: its bytes.

        Returns:
            The claim; why there is none; or None where the image is being filled in already.

        Raises:
            LockBusyError: another process holds the ledger for too long.
            OSError: the cache directory cannot be used.
        """
        with self.held():
            running, _ = self._look()
            if image_id in running:
                return None
            refused = self._refusal(running, size)
            if refused:
                return refused
            descriptor = os.open(
                layout.lock_file(self.directory, image_id), os.O_CREAT | os.O_RDWR, 0o666
            )
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(descriptor, 0)
                os.write(descriptor, str(size).encode())
            except OSError:  # no space or quota: open, it would be locked until the process ends
                os.close(descriptor)
                raise
            return Claim(self, image_id, descriptor)

    def is_running(self, image_id: str) -> bool:
        """Return whether a process fills the image in, for certain.

        Raises:
            LockBusyError: another process holds the ledger for too long.
        """
        with self.held():
            return image_id in self._look()[0]

    def half_published(self) -> dict[str, int]:
        """Return the images whose fill ended while it wrote the record, and their files' inodes.

        What other fills of killed processes have left is removed.

        Raises:
            LockBusyError: another process holds the ledger for too long.
        """
        with self.held():
            return self._look()[1]

    def clear(self, image_id: str) -> None:
        """Remove the files of a fill that has ended. The ledger must be held."""
        for name in (layout.part_file, layout.lock_file):
            name(self.directory, image_id).unlink(missing_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the ledger.

        Raises:
            LockBusyError: another process holds it for too long.
        """
        layout.fill_dir(self.directory).mkdir(exist_ok=True)
        descriptor = os.open(layout.ledger_file(self.directory), os.O_CREAT | os.O_RDWR, 0o666)
        try:
            lock_files.lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _look(self) -> tuple[dict[str, int], dict[str, int]]:
        """Remove what is left over of fills that have ended.

        Returns:
            The images that are being filled in, with their bytes; and the half published ones,
            which are mended first, with the inodes of their files.
        """
        running, half_published = {}, {}
        for path in layout.fill_dir(self.directory).glob("*.lock"):
            words = lock_files.words_if_free(path)
            if words is None:
                running[path.stem] = lock_files.words(path)[0]
            elif len(words) > 1:
                half_published[path.stem] = words[1]
            else:
                self.clear(path.stem)
        return running, half_published

    def _refusal(self, running: dict[str, int], size: int) -> Refused | None:
        if len(running) >= self.limits.at_once:
            return Refused(f"{len(running)} fills run at once already", is_lasting=False)
        used = _bytes_in(self.directory) + sum(running.values())
        if used + size > self.limits.cache_bytes:
            return Refused(
                f"the image has {size} bytes, and {used} of image_cache_max_size = "
                f"{self.limits.cache_bytes} are in use",
                too_much=used + size - self.limits.cache_bytes,
            )
        space = os.statvfs(self.directory)
        free = space.f_bavail * space.f_frsize - self._still_to_write(running)
        if size > free:
            return Refused(f"the image has {size} bytes, and the file system has {free} left")
        return None

    def _still_to_write(self, running: dict[str, int]) -> int:
        written = 0
        for image_id in running:
            with contextlib.suppress(OSError):
                written += layout.part_file(self.directory, image_id).stat().st_size
        return sum(running.values()) - written


def _bytes_in(directory: Path) -> int:
    """Return the bytes of the files in a directory, as Glance counts those of its cache."""
    total = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                total += entry.stat().st_size if entry.is_file() else 0
    return total
