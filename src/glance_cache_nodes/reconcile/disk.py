# SPDX-License-Identifier: Apache-2.0
"""What lies in a cache directory: cached files, and partial ones and whether they are written.

Names that are no image IDs, directories and links are not Glance's, and are not listed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout, locks
from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_PART = ".part"


@dataclasses.dataclass(frozen=True)
class File:
    """A regular file as it was when it was looked at.

    Attributes:
        path: where it lies.
        inode: number of its device and of its inode.
        size: in bytes.
        written: when its contents were last written, in nanoseconds since the epoch.
        changed: when it was last written, renamed or linked, likewise; nobody can set this one.
    """

    path: Path
    inode: tuple[int, int]
    size: int
    written: int
    changed: int

    @classmethod
    def of(cls, path: Path, status: os.stat_result) -> File:
        """Return what ``stat`` says of the file at this path."""
        inode = (status.st_dev, status.st_ino)
        return cls(path, inode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def has_bytes_of(self, other: File) -> bool:
        """Return whether it is the other file, with nothing written to it meanwhile."""
        mine, theirs = ((each.inode, each.size, each.written) for each in (self, other))
        return mine == theirs


@dataclasses.dataclass(frozen=True)
class Disk:
    """A cache directory at one moment.

    Attributes:
        exists: whether there is such a directory.
        files: the cached files, by image ID.
        links: image IDs that are links to a file, which the operator made; they are left alone.
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
    if not exists(directory):
        return Disk(exists=False, files={}, links=frozenset(), partials=())
    files, links = {}, set()
    for entry in _entries(directory):
        if layout.is_image_id(entry.name):
            if entry.is_symlink():
                if _leads_somewhere(entry):
                    links.add(entry.name)
            elif found := look(directory / entry.name):
                files[entry.name] = found
    return Disk(
        exists=True, files=files, links=frozenset(links), partials=list(_partials(directory))
    )


def exists(directory: Path) -> bool:
    """Return whether there is such a directory.

    Raises:
        UserError: one above it may not be searched.
    """
    try:
        return directory.exists()
    except OSError as error:  # of Python before 3.14; later it is taken for missing
        raise UserError(f"{directory} cannot be looked at: {error.strerror}") from error


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
    if not layout.is_image_id(image_id):
        return None
    return look(layout.cached_file(directory, image_id))


def image_id_of(partial: Path) -> str | None:
    """Return the image ID that a partial file is named for; None for another name."""
    is_fill = _is_of_fill(partial)
    if is_fill and partial.suffix != _PART:
        return None
    name = partial.stem if is_fill else partial.name
    return name if layout.is_image_id(name) else None


def is_written(partial: File, stall_time: float) -> bool:
    """Return whether somebody may still write a partial file.

    Args:
        partial: the file.
        stall_time: seconds after which Glance's cleaner removes what nobody has written to. It
            decides where the file system cannot tell who has a file open.
    """
    if _is_of_fill(partial.path):
        return _is_filled_in(partial.path.parents[1], partial.path.stem)
    if locks.has_writer(partial.path) is False:
        return False
    return time.time() - partial.changed / 1e9 < stall_time


def _is_filled_in(directory: Path, image_id: str) -> bool:
    """Return whether a process of the node fills this image in.

    The fills of a node claim images one after the other, under a lock of their own. It is held
    here, too, so that none of them takes our look for another fill.
    """
    files = (layout.ledger_file(directory), layout.lock_file(directory, image_id))
    with contextlib.ExitStack() as stack:
        return not all(locks.lock_if_there(stack, each) for each in files)


def _is_of_fill(partial: Path) -> bool:
    return partial.parent.name == layout.state_dir("").name


def _leads_somewhere(link: os.DirEntry[str]) -> bool:
    try:
        link.stat()
    except FileNotFoundError:
        return False
    except OSError:  # it may well be there
        return True
    return True


def _entries(directory: Path) -> Sequence[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda each: each.name)
    except OSError as error:
        raise UserError(f"{directory} cannot be listed: {error.strerror}") from error


def _partials(directory: Path) -> Iterator[File]:
    for place in (layout.incomplete_dir, layout.invalid_dir, layout.state_dir):
        below = place(directory)
        for entry in _entries(below) if below.is_dir() else ():
            found = look(below / entry.name) if image_id_of(below / entry.name) else None
            if found is not None:
                yield found
