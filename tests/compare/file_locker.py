# SPDX-License-Identifier: Apache-2.0
"""Another user of the machine, who locks each file of a cache directory that he may open."""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import pwd
import stat
import time
from collections.abc import Iterator
from pathlib import Path

STRANGER = "nobody"
MOST = 500  # files
EVERY = 0.02  # seconds


def missing() -> str:
    """Return why nobody else can look into a cache directory here, or nothing."""
    if os.geteuid():
        return "only root may act as another user"
    with contextlib.suppress(KeyError):
        pwd.getpwnam(STRANGER)
        return ""
    return f"there is no user {STRANGER}"


@contextlib.contextmanager
def locking(directory: Path) -> Iterator[None]:
    """Let him do it for the block; he has been through the directory once when it begins."""
    # Forked: he need not be able to start the Python of the tests.
    context = multiprocessing.get_context("fork")
    is_through = context.Event()
    stranger = context.Process(target=_lock_all, args=(directory, is_through), daemon=True)
    stranger.start()
    try:
        assert is_through.wait(60)
        yield
    finally:
        stranger.kill()
        stranger.join()


def _lock_all(directory: Path, is_through) -> None:
    user = pwd.getpwnam(STRANGER)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    held: dict[tuple[int, int], int] = {}
    while True:
        for parent, _, names in os.walk(directory):
            for name in names[: MOST - len(held)]:
                _lock(Path(parent, name), held)
        is_through.set()
        time.sleep(EVERY)


def _lock(path: Path, held: dict[tuple[int, int], int]) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return
    found = os.fstat(descriptor)
    key = (found.st_dev, found.st_ino)
    with contextlib.suppress(OSError):  # its owner has it
        if key not in held and stat.S_ISREG(found.st_mode):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held[key] = descriptor
            return
    os.close(descriptor)
