# SPDX-License-Identifier: Apache-2.0
"""The current fills of a node: one lock file for each image, over all processes.

A fill holds an flock on ``cache_nodes/ID.lock``, in which its size and its project stand. The
kernel frees it when the process ends, however it ends, so a lock file that nobody holds is left
over and is removed. All changes are made under one more flock, which is held while all fills are
looked at.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout, locks, state
from glance_cache_nodes.exception import LockBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 0.25
"""Seconds to wait for the lock of all fills: a download waits for it, too."""
KEPT_FREE = 0.05
"""Of the file system: what a fill leaves free."""


@dataclasses.dataclass(frozen=True)
class Refused:
    """A fill that may not begin."""

    reason: str
    is_lasting: bool = True


@dataclasses.dataclass(frozen=True)
class _Fill:
    """What stands in a lock file.

    Attributes:
        size: of the image, in bytes.
        project: a hash of the ID of the project that asked for it.
        inode: of the file that is being published; None before.
    """

    size: int = 0
    project: str = ""
    inode: int | None = None

    @classmethod
    def of(cls, text: bytes) -> _Fill:
        """Return what a lock file says; zeros, as after a loss of power, say nothing."""
        try:
            size, project, *inode = text.decode().split()
            return cls(int(size), project, int(inode[0]) if inode else None)
        except ValueError:
            return cls()


class Claim:
    """The right to fill an image in, which this process has until it releases it."""

    def __init__(self, ledger: Ledger, image_id: str, descriptor: int) -> None:
        self._ledger, self._descriptor, self.image_id = ledger, descriptor, image_id
        self.is_released = False

    def publish(self, inode: int) -> None:
        """Note that the file of this inode, which is right, goes into the cache now."""
        os.pwrite(self._descriptor, f" {inode}".encode(), os.fstat(self._descriptor).st_size)

    @property
    def is_there(self) -> bool:
        """Whether the lock file is still this one, and not removed or of a later fill."""
        path = layout.lock_file(self._ledger.directory, self.image_id)
        try:
            return not self.is_released and os.path.samestat(
                os.fstat(self._descriptor), path.lstat()
            )
        except OSError:
            return False

    def release(self) -> None:
        """Let others fill the image, and remove the rest of this fill; any number of times."""
        if self.is_released:
            return
        try:
            with contextlib.suppress(LockBusyError, OSError), self._ledger.held():
                if self.is_there:
                    self._ledger.clear(self.image_id)
        finally:
            self.is_released = True
            os.close(self._descriptor)


class Ledger:
    """The fills of a node.

    Args:
        directory: Glance's image_cache_dir.
        at_once: fills at once on this node at most.

    Attributes:
        directory, at_once: the same.
        half_published: the images whose fill ended while it wrote the record, by the last look,
            with the inodes of their files.
    """

    def __init__(self, directory: Path, at_once: int) -> None:
        self.directory, self.at_once = directory, at_once
        self.half_published: dict[str, int] = {}

    def claim(
        self, image_id: str, size: int, project: str | None, *, is_placed: bool = False
    ) -> Claim | Refused | None:
        """Start to fill an image.

        Args:
            image_id: the image.
            size: its bytes.
            project: the ID of the project that asks for it.
            is_placed: whether an operator has asked to have it cached.

        Returns:
            The claim; why there is none; or None where the image is being filled in already.

        Raises:
            LockBusyError: another process holds the lock of all fills for too long.
            OSError: the state directory cannot be used.
        """
        digest = hashlib.sha256((project or "").encode()).hexdigest()[:16]
        with self.held():
            running = self.look()
            if image_id in running:
                return None
            refused = self._refusal(running, size, "" if is_placed else digest)
            if refused:
                return refused
            path = layout.lock_file(self.directory, image_id)
            descriptor = state.open_file(path, os.O_CREAT | os.O_RDWR)
            try:
                _write(descriptor, f"{size} {digest}")
            except BaseException:  # open, it would be locked until the process ends
                os.close(descriptor)
                raise
            return Claim(self, image_id, descriptor)

    def is_running(self, image_id: str) -> bool:
        """Return whether a process fills the image in, for certain, or nobody can tell now.

        What is left over of a fill that has ended is removed.
        """
        path = layout.lock_file(self.directory, image_id)
        try:
            with self.held():
                ended = _holder(path)
                if ended is not None and ended.inode is None:
                    self.clear(image_id)
                return ended is None
        except FileNotFoundError:
            return False
        except LockBusyError:
            return True
        except OSError:  # nothing can be written here any more
            with contextlib.suppress(OSError):
                return _holder(path) is None
            return True

    def age(self, image_id: str) -> float:
        """Return the seconds for which an image is being filled in; 0 where it is not."""
        try:
            begun = layout.lock_file(self.directory, image_id).lstat().st_mtime
        except OSError:
            return 0.0
        return max(0.0, time.time() - begun)

    def clear(self, image_id: str) -> None:
        """Remove the files of a fill that has ended. The lock must be held."""
        for name in (layout.part_file, layout.lock_file):
            state.remove(name(self.directory, image_id))

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock of all fills.

        Raises:
            LockBusyError: another process holds it for too long.
            OSError: the state directory cannot be used.
        """
        state.make_directory(self.directory)
        with state.opened(layout.ledger_file(self.directory), os.O_CREAT | os.O_RDWR) as descriptor:
            if not locks.lock_within(descriptor, PATIENCE):
                raise LockBusyError
            yield

    def look(self) -> dict[str, _Fill]:
        """Return the fills that run, by image. The lock must be held.

        What is left over of fills that have ended is removed; the half published ones are noted.
        """
        running, self.half_published = {}, {}
        for path in layout.state_dir(self.directory).glob("*.lock"):
            if not layout.is_image_id(path.stem):
                continue
            with contextlib.suppress(OSError):  # it is no file of ours, or has just gone
                ended = _holder(path)
                if ended is None:
                    running[path.stem] = _Fill.of(state.read_small(path) or b"")
                elif ended.inode is not None:
                    self.half_published[path.stem] = ended.inode
                else:
                    self.clear(path.stem)
        return running

    def _refusal(self, running: dict[str, _Fill], size: int, project: str) -> Refused | None:
        # The last half is for those who have no running fill, so that one cannot take it all.
        is_second = project in {each.project for each in running.values()}
        most = self.at_once - self.at_once // 2 if is_second else self.at_once
        if len(running) >= most:
            return Refused(f"{len(running)} fills run at once already", is_lasting=False)
        space = os.statvfs(self.directory)
        kept = int(KEPT_FREE * space.f_blocks * space.f_frsize)
        free = space.f_bavail * space.f_frsize - kept - self._still_to_write(running)
        if size > free:
            reason = f"the image has {size} bytes, and the file system has {max(0, free)} for it"
            return Refused(f"{reason}; {kept} bytes of it stay free")
        return None

    def _still_to_write(self, running: dict[str, _Fill]) -> int:
        written = 0
        for image_id in running:
            with contextlib.suppress(OSError):
                written += layout.part_file(self.directory, image_id).lstat().st_size
        return sum(each.size for each in running.values()) - written


def _write(descriptor: int, text: str) -> None:
    """Lock a file and write what it shall hold."""
    if not locks.try_lock(descriptor):
        raise LockBusyError
    os.ftruncate(descriptor, 0)
    os.write(descriptor, text.encode())


def _holder(path: Path) -> _Fill | None:
    """Return what stands in a lock file that nobody holds; None where a process does.

    Raises:
        OSError: it is not there, or no file.
    """
    with state.opened(path, os.O_RDONLY) as descriptor:
        return _Fill.of(os.read(descriptor, 200)) if locks.try_lock(descriptor) else None
