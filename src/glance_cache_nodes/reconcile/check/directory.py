# SPDX-License-Identifier: Apache-2.0
"""Checks of the cache directory: where it lies, its size, and what Glance does in it."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile import disk
from glance_cache_nodes.reconcile.check import identity, mounts
from glance_cache_nodes.reconcile.check.line import error, success, warning

if TYPE_CHECKING:
    from pathlib import Path

    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings

_QUEUED_TOO_LONG = 300.0  # seconds; Glance's worker begins at once
_GIGABYTE = 1e9


def is_usable(settings: Settings) -> Line:
    """The directory exists, and its directories can be written."""
    directory = settings.directory
    if directory is None:
        return error("image_cache_dir is not set", "set it, and restart glance-api")
    if not directory.is_dir():
        return error(f"{directory} is no directory", "create it, owned by Glance's user")
    places = (layout.incomplete_dir, layout.invalid_dir, layout.queue_dir)
    for each in (directory, *(place(directory) for place in places)):
        if not each.is_dir():
            return warning(f"{each} is missing", "restart glance-api, which makes it")
        if not os.access(each, os.R_OK | os.W_OK | os.X_OK):
            return error(
                f"{each} cannot be written by this user",
                "run this as Glance's user, or give the directory to that user",
            )
    return success(f"{directory} can be written")


def is_mounted(settings: Settings) -> Line:
    """It lies on the file system that fstab would have it on."""
    directory = _directory(settings).resolve()
    wanted = mounts.mount_point(directory, mounts.WANTED)
    mounted = mounts.mount_point(directory, mounts.MOUNTED)
    if wanted is not None and mounted is not None and len(wanted.parts) > len(mounted.parts):
        return error(
            f"fstab mounts {wanted}, and nothing is mounted there: {directory} is on {mounted}",
            f"stop glance-api, mount {wanted}, start glance-api",
        )
    return success(f"{directory} is on the file system mounted at {mounted}")


def has_space(settings: Settings) -> Line:
    """The maximum size fits on the disk."""
    directory, most = _directory(settings), int(settings.conf.image_cache_max_size)
    free, used = shutil.disk_usage(directory).free, _used(directory)
    sizes = f"{_gigabytes(used)} cached, {_gigabytes(free)} free, maximum {_gigabytes(most)}"
    if used + free < most:
        remedy = "lower image_cache_max_size, or give the directory a larger disk"
        return warning(f"{sizes}: the disk is full before the maximum is reached", remedy)
    return success(sizes)


def is_pruned(settings: Settings) -> Line:
    """The cache is not over its maximum size."""
    used, most = _used(_directory(settings)), int(settings.conf.image_cache_max_size)
    if used > most:
        return warning(
            f"{_gigabytes(used)} are cached, the maximum is {_gigabytes(most)}: "
            "the pruner does not run, or files without a row keep it busy",
            "run glance-cache-nodes reconcile --fix, then prune (POST /v2/cache/prune or "
            "glance-cache-pruner), and do so regularly",
        )
    return success("the cache is not over its maximum size")


def is_cleaned(settings: Settings) -> Line:
    """No partial file is older than the stall time."""
    oldest = time.time() - settings.stall_time
    stale = [
        each
        for each in disk.read(_directory(settings)).partials
        if each.changed / 1e9 < oldest and not disk.is_written(each, settings.stall_time)
    ]
    if stale:
        return warning(
            f"{len(stale)} partial files are older than image_cache_stall_time, such as "
            f"{stale[0].path}: the cleaner does not run",
            "run glance-cache-nodes reconcile --fix, or clean (POST /v2/cache/clean or "
            "glance-cache-cleaner), and do so regularly",
        )
    return success("no partial file is older than image_cache_stall_time")


def is_worker_alive(settings: Settings) -> Line:
    """What is queued is being cached."""
    directory, now = _directory(settings), time.time()
    waiting = []
    for entry in _entries(layout.queue_dir(directory)):
        if layout.is_image_id(entry) and not identity.is_marker(entry):
            found = disk.look(layout.queued_file(directory, entry))
            waiting += [found] if found and now - found.changed / 1e9 > _QUEUED_TOO_LONG else []
    if waiting and not _grows(directory, now):
        return warning(
            f"{len(waiting)} images are queued for more than {_QUEUED_TOO_LONG / 60:.0f} minutes, "
            "and nothing is being cached: the worker thread of glance-api has ended",
            "restart glance-api, and queue the images again",
        )
    return success("no image waits for the worker thread")


def _grows(directory: Path, now: float) -> bool:
    """Return whether a file in ``incomplete/`` or of the fill was written in the last minute."""
    partials = disk.read(directory).partials
    growing = [each for each in partials if each.path.parent != layout.invalid_dir(directory)]
    return any(now - each.written / 1e9 < 60 for each in growing)  # noqa: PLR2004


def _directory(settings: Settings) -> Path:
    if settings.directory is None or not settings.directory.is_dir():
        raise UserError("there is no cache directory")
    return settings.directory


def _used(directory: Path) -> int:
    return sum(each.size for each in disk.read(directory).files.values())


def _entries(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir()) if directory.is_dir() else []


def _gigabytes(size: int) -> str:
    return f"{size / _GIGABYTE:.1f} GB"
