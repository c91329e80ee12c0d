# SPDX-License-Identifier: Apache-2.0
"""Who uses a file now: an flock, which the kernel frees when its process ends, or a writer."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import contextlib
    from pathlib import Path


def try_lock(descriptor: int) -> bool:
    """Lock an open file; return False where somebody else holds the lock.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def try_share(descriptor: int) -> bool:
    """Lock an open file beside others who share it; return False where somebody has it alone.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(descriptor: int, seconds: float, every: float = 0.002) -> bool:
    """Lock an open file; return False where somebody else has held the lock for all that time.

    It never blocks the thread: under eventlet all other requests would wait.

    Args:
        descriptor: of the file.
        seconds: how long to try.
        every: seconds between two tries.

    Raises:
        OSError: the file system has no locks.
    """
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor):
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def lock_if_there(stack: contextlib.ExitStack, path: Path) -> bool:
    """Lock a file until a stack is left.

    Returns:
        True also where there is no such file; False where somebody else holds the lock, or it
        cannot be asked for.
    """
    try:
        return try_lock(stack.enter_context(path.open("rb")).fileno())
    except FileNotFoundError:
        return True
    except OSError:
        return False


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
