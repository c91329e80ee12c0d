# SPDX-License-Identifier: Apache-2.0
"""What lies in a cache directory: cached files, and partial ones with whether somebody writes them.

Names that are no image IDs, directories and links are not Glance's, and are not listed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import os
import re
import signal
import stat
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile.model import File

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

IMAGE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_PART = ".part"


@dataclasses.dataclass(frozen=True)
class Disk:
    """A cache directory at one moment.

    Attributes:
        exists: whether there is such a directory.
        files: the cached files, by image ID.
        links: image IDs that are links: somebody else's way to place a file, left alone.
        partials: the files of transfers that have not ended.
    """

    exists: bool
    files: Mapping[str, File]
    links: frozenset[str]
    partials: Sequence[File]


def read(directory: Path) -> Disk:
    """List a cache directory.

    Raises:
        UserError: it may not be read, or is no directory.
    """
    if not directory.exists():
        return Disk(exists=False, files={}, links=frozenset(), partials=())
    files, links = {}, set()
    for entry in _entries(directory):
        if IMAGE_ID.match(entry.name):
            if entry.is_symlink():
                links.add(entry.name)
            elif found := look(directory / entry.name):
                files[entry.name] = found
    return Disk(
        exists=True, files=files, links=frozenset(links), partials=list(_partials(directory))
    )


def look(path: Path) -> File | None:
    """Return the regular file at this path as it is now; None when there is none.

    Raises:
        UserError: the directory may not be read.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} cannot be looked at: {error.strerror}") from error
    return File.of(path, status) if stat.S_ISREG(status.st_mode) else None


def cached(directory: Path, image_id: str) -> File | None:
    """Return the cached file of an image; None when there is none.

    Args:
        directory: the cache directory.
        image_id: as the record has it; a row can hold anything, and then has no file.
    """
    if not IMAGE_ID.match(image_id):
        return None
    return look(layout.cached_file(directory, image_id))


def image_id_of(partial: Path) -> str | None:
    """Return the image ID that a partial file is named for; None for another name."""
    is_fill = _is_of_fill(partial)
    if is_fill and partial.suffix != _PART:
        return None
    name = partial.stem if is_fill else partial.name
    return name if IMAGE_ID.match(name) else None


def _entries(directory: Path) -> Sequence[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda each: each.name)
    except OSError as error:
        raise UserError(f"{directory} cannot be listed: {error.strerror}") from error


def _partials(directory: Path) -> Iterator[File]:
    incomplete = layout.incomplete_file(directory, "any").parent
    for below in (incomplete, layout.invalid_dir(directory), layout.fill_dir(directory)):
        for entry in _entries(below) if below.is_dir() else ():
            found = look(below / entry.name) if image_id_of(below / entry.name) else None
            if found is not None:
                yield found


def is_written(partial: File, stall_time: float) -> bool:
    """Return whether somebody may still write a partial file.

    Args:
        partial: the file.
        stall_time: seconds after which Glance's cleaner removes what nobody has written to. It
            decides where the file system cannot tell who has a file open.
    """
    if _is_of_fill(partial.path):
        return not _is_free(partial.path.with_suffix(".lock"))
    if has_writer(partial.path) is False:
        return False
    return time.time() - partial.changed / 1e9 < stall_time


def _is_of_fill(partial: Path) -> bool:
    return partial.parent.name == layout.fill_dir("").name


def _is_free(lock: Path) -> bool:
    """Return whether nobody holds this lock of the fill.

    The fills of a node claim images one after the other, under a lock of their own. It is held
    here, too, so that none of them takes our look for another fill.
    """
    with contextlib.ExitStack() as stack:
        return all(_lock_if_there(stack, each) for each in (lock.with_name("ledger"), lock))


def _lock_if_there(stack: contextlib.ExitStack, path: Path) -> bool:
    """Lock a file until the stack is left; return False where another process holds the lock."""
    try:
        file = stack.enter_context(path.open("rb"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def has_writer(path: Path) -> bool | None:
    """Return whether any process has the file open for writing, in whatever container it runs.

    A read lease is what Linux grants only on a file that nobody has open for writing.

    Returns:
        None where the file system or our rights do not let us ask.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    # Whoever opens the file while we hold the lease makes the kernel send SIGIO, which ends us.
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno in {errno.EAGAIN, errno.EWOULDBLOCK} else None
    finally:
        os.close(descriptor)
        signal.signal(signal.SIGIO, before)
    return False


@contextlib.contextmanager
def alone(directory: Path, seconds: float) -> Iterator[None]:
    """Keep other runs away from the directory for the block; the kernel ends it with our process.

    Args:
        directory: the cache directory itself is locked, so that no file is left in it.
        seconds: how long to wait for another run.

    Raises:
        UserError: another run has not ended by then, or the directory cannot be locked.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(descriptor, directory, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path, deadline: float) -> None:
    while not _try_to_lock(descriptor, directory):
        if time.monotonic() > deadline:
            text = f"another reconcile works on {directory}; let it end, then run this again"
            raise UserError(text)
        time.sleep(0.1)


def _try_to_lock(descriptor: int, directory: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise UserError(f"{directory} cannot be locked: {error.strerror}") from error
    return True
