# SPDX-License-Identifier: Apache-2.0
"""What a cache directory holds of one image."""

from __future__ import annotations

import dataclasses
import datetime
import json
import stat
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout

if TYPE_CHECKING:
    import os
    from pathlib import Path

CACHED, DAMAGED, CACHING, QUEUED = "cached", "damaged", "caching", "queued"
FAILED, ABSENT = "failed", "absent"
STATES = (CACHED, DAMAGED, CACHING, QUEUED, FAILED, ABSENT)
"""In the order in which they are looked for."""

_REASON_SIZE = 4096  # bytes read of the file that tells why a fill failed


@dataclasses.dataclass(frozen=True)
class LocalImage:
    """What a disk holds of an image.

    Attributes:
        state: one of :data:`STATES`.
        size: of the file that the state is about, in bytes; None where there is none.
        last_modified: when that file was written last, in UTC, without a time zone.
        reason: why it is so, for ``damaged`` and ``failed``, in one line.
    """

    state: str
    size: int | None = None
    last_modified: datetime.datetime | None = None
    reason: str | None = None


def look(directory: str | Path, image_id: str, expected_size: int | None) -> LocalImage:
    """Return what a cache directory holds of an image.

    Args:
        directory: the ``image_cache_dir`` of a node; it need not exist.
        image_id: a UUID.
        expected_size: of the image, in bytes; None where it is not known: any file is ``cached``.
    """
    # In the order in which a file wanders, so that one that is moved meanwhile is not missed.
    queued = _stat(layout.queued_file(directory, image_id))
    growing = [
        _stat(layout.incomplete_file(directory, image_id)),
        _stat(layout.part_file(directory, image_id)),
    ]
    cached = layout.cached_file(directory, image_id)
    try:
        return _whole(cached.stat(), expected_size)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        return LocalImage(DAMAGED, reason=f"the file cannot be read: {error.strerror}")
    written = [each for each in growing if each]
    if written:
        latest = max(written, key=lambda each: each.st_mtime_ns)
        return LocalImage(CACHING, latest.st_size, _time(latest))
    if queued:
        return LocalImage(QUEUED, last_modified=_time(queued))
    return _failed(layout.failed_file(directory, image_id))


def _whole(found: os.stat_result, expected_size: int | None) -> LocalImage:
    if not stat.S_ISREG(found.st_mode):
        return LocalImage(DAMAGED, last_modified=_time(found), reason="it is no regular file")
    if expected_size is None or found.st_size == expected_size:
        return LocalImage(CACHED, found.st_size, _time(found))
    reason = f"the file has {found.st_size} bytes, the image {expected_size}"
    return LocalImage(DAMAGED, found.st_size, _time(found), reason)


def _failed(path: Path) -> LocalImage:
    found = _stat(path)
    if not found:
        return LocalImage(ABSENT)
    try:
        with path.open("rb") as file:
            reason = json.loads(file.read(_REASON_SIZE))["reason"]
        text = " ".join(str(reason).split())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        text = "the reason cannot be read"
    return LocalImage(FAILED, last_modified=_time(found), reason=text)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _time(found: os.stat_result) -> datetime.datetime:
    moment = datetime.datetime.fromtimestamp(found.st_mtime, datetime.timezone.utc)
    return moment.replace(tzinfo=None)
