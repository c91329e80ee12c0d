# SPDX-License-Identifier: Apache-2.0
"""What is compared: the file, the row and the image of one ID."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    import datetime
    import os
    from pathlib import Path

DELETED, PENDING_DELETE = "deleted", "pending_delete"
# Statuses of an image whose data is not there yet, so its size says nothing.
_WITHOUT_DATA = {"queued", "saving", "uploading", "importing", "killed"}


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

    def has_bytes_of(self, other: File | None) -> bool:
        """Return whether it is the other file, with nothing written to it meanwhile."""
        if other is None:
            return False
        mine, theirs = ((each.inode, each.size, each.written) for each in (self, other))
        return mine == theirs


@dataclasses.dataclass(frozen=True)
class Row:
    """What the record says of an image on this node; ``size`` in bytes."""

    size: int


@dataclasses.dataclass(frozen=True)
class Image:
    """What Glance says of an image.

    Attributes:
        status: Glance's word.
        is_deleted: whether Glance has deleted it.
        size: in bytes; None while it has no data.
        checksum: MD5, hexadecimal.
        os_hash_algo: name of the algorithm of ``os_hash_value``.
        os_hash_value: hexadecimal.
        created_at: UTC without a zone; some databases keep whole seconds only.
    """

    status: str
    is_deleted: bool
    size: int | None
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    created_at: datetime.datetime | None

    @property
    def is_gone(self) -> bool:
        """Whether Glance has deleted it for good; one that is pending can come back.

        Glance writes the status first: a node that is killed then leaves an image that has the
        status and is not marked as deleted.
        """
        return self.status == DELETED or (self.is_deleted and self.status != PENDING_DELETE)

    @property
    def known_size(self) -> int | None:
        """Its size in bytes; None while its data is not there."""
        return None if self.status in _WITHOUT_DATA else self.size


@dataclasses.dataclass(frozen=True)
class Case:
    """Everything that is known of one image ID on this node, or of one partial file.

    Attributes:
        image_id: the ID.
        file: the cached file; None when there is none.
        row: the row of this node; None when there is none.
        image: None when Glance has no such image.
        partial: a file of a transfer that did not end; it is then all that the case is about.
        is_written: whether somebody may still write the partial file.
        has_right_bytes: compares the file with the image's strongest hash: None when it could not
            be read or the image has no hash. It is called only where the answer matters.
        verify: whether files that are on record are compared by hash, too.
    """

    image_id: str
    file: File | None = None
    row: Row | None = None
    image: Image | None = None
    partial: File | None = None
    is_written: bool = False
    has_right_bytes: Callable[[], bool | None] = lambda: None
    verify: bool = False
