# SPDX-License-Identifier: Apache-2.0
"""Who uses a cache directory now: what writes a file of it, and which run corrects it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glance_cache_nodes.reconcile.model import File


def is_written(partial: File, stall_time: float) -> bool:
    """Return whether somebody may still write a partial file.

    Args:
        partial: the file.
        stall_time: seconds after which Glance's cleaner removes what nobody has written to. It
            decides where the file system cannot tell who has a file open.
    """
    if disk.is_of_fill(partial.path):
        return not _is_free(partial.path.parents[1], partial.path.stem)
    if has_writer(partial.path) is False:
        return False
    return time.time() - partial.changed / 1e9 < stall_time


def _is_free(directory: Path, image_id: str) -> bool:
    """Return whether no process of the node fills this image in.

    The fills of a node claim images one after the other, under a lock of their own. It is held
    here, too, so that none of them takes our look for another fill.
    """
    locks = (layout.ledger_file(directory), layout.lock_file(directory, image_id))
    with contextlib.ExitStack() as stack:
        return all(_lock_if_there(stack, each) for each in locks)


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
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"{directory} cannot be opened: {error.strerror}") from error
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
