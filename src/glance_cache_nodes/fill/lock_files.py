# SPDX-License-Identifier: Apache-2.0
"""Lock files: an flock, freed by the kernel when its process ends, and some data."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import LockBusyError

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 5.0
"""Seconds to wait for the ledger; it is held for moments, so its holder then does not run."""


def lock(descriptor: int) -> None:
    """Lock an open file. It never blocks the thread: under eventlet all others would wait.

    Raises:
        LockBusyError: somebody else holds the lock for longer than PATIENCE.
    """
    deadline = time.monotonic() + PATIENCE
    while not try_lock(descriptor):
        if time.monotonic() > deadline:
            raise LockBusyError
        time.sleep(0.002)


def try_lock(descriptor: int) -> bool:
    """Lock an open file, if nobody else holds it; return whether that was so."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def words_if_free(path: Path) -> list[int] | None:
    """Return the data of a lock file that nobody holds; None if one does."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        return words(path) if try_lock(descriptor) else None
    finally:
        os.close(descriptor)


def words(path: Path) -> list[int]:
    """Return what stands in a lock file: the size, and the inode of a file that is published."""
    try:
        return [int(word) for word in path.read_bytes().split()] or [0]
    except ValueError:  # zeros, which a file system may leave after a loss of power
        return [0]
