# SPDX-License-Identifier: Apache-2.0
"""The files that the add-on keeps in a cache directory: private, and never followed elsewhere.

Nothing of them is needed: they may be deleted at any time. Others may write to the cache directory,
so no link is followed there, and nothing that is opened can block.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST = 4096  # bytes of a small file that are read


def make_directory(directory: Path) -> None:
    """Make the state directory of a cache directory, if it is not there.

    Raises:
        OSError: it cannot be made, or something else lies there.
    """
    path = layout.state_dir(directory)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if not stat.S_ISDIR(path.lstat().st_mode):
        raise NotADirectoryError(f"{path} is no directory")


def open_file(path: Path, flags: int, mode: int = 0o600) -> int:
    """Return a descriptor of a regular file of the state directory.

    Args:
        path: where it lies.
        flags: of :func:`os.open`, such as ``os.O_RDONLY``.
        mode: of a new file, before the umask.

    Raises:
        OSError: it cannot be opened, or is a link, a directory or a FIFO.
    """
    descriptor = os.open(path, flags | _SAFE, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no regular file")
    return descriptor


@contextlib.contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """Open a file of the state directory for the block, as :func:`open_file`."""
    descriptor = open_file(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_small(path: Path) -> bytes | None:
    """Return the beginning of a file of the state directory; None where it cannot be read."""
    try:
        with opened(path, os.O_RDONLY) as descriptor:
            return os.read(descriptor, _MOST)
    except OSError:
        return None


def write_small(path: Path, text: str) -> None:
    """Replace a file of the state directory as a whole.

    Raises:
        OSError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with opened(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
            os.write(descriptor, text.encode())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def remove(path: Path) -> None:
    """Remove a file of the state directory; one that is not there, or cannot go, stays away."""
    with contextlib.suppress(OSError):
        path.unlink()
