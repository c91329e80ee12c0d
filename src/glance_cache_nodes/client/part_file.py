# SPDX-License-Identifier: Apache-2.0
"""A file that is written under another name, and renamed when it is whole."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".part"
# What a file system says that has no locks; then two downloads to one file are not told apart.
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


class PartFile:
    """The bytes so far, and their hash.

    Attributes:
        size: bytes.
    """

    def __init__(self, stream: BinaryIO, algorithm: str | None) -> None:
        self._stream = stream
        self._algorithm = algorithm
        self.restart()

    def restart(self) -> None:
        """Begin again with an empty file."""
        self.size = 0
        self._hash = hashlib.new(self._algorithm) if self._algorithm else None
        self._stream.seek(0)
        self._stream.truncate()

    def write(self, chunk: bytes) -> None:
        """Add bytes to the end."""
        self._stream.write(chunk)
        self.size += len(chunk)
        if self._hash is not None:
            self._hash.update(chunk)

    def digest(self) -> str | None:
        """Return the hash of the bytes, hexadecimal; None without an algorithm."""
        return None if self._hash is None else self._hash.hexdigest()


@contextlib.contextmanager
def replacing(file: Path, algorithm: str | None) -> Iterator[PartFile]:
    """Yield a part file; the block's end renames it, an error removes it.

    Args:
        file: where it is to be in the end; what is there stays until then.
        algorithm: hashlib's name of the hash to compute.

    Raises:
        CallError: the file cannot be written.
    """
    target = Path(os.path.realpath(file))  # of a link: what it points to
    with _told(file):
        if target.exists() and not target.is_file():
            raise CallError(f"{file} is no regular file: choose another name.")
        path = target.with_name(target.name + _SUFFIX)
        stream = _opened(path)
    with stream:
        try:
            _keep_mode(target, stream)
            with _told(path):
                yield PartFile(stream, algorithm)
                stream.flush()
                os.fsync(stream.fileno())
                path.replace(target)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _keep_mode(target: Path, stream: BinaryIO) -> None:
    # What only its owner could read stays so. A file system without modes refuses to set one.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise CallError(f"{file} cannot be written: {reason}.") from failure


def _opened(path: Path) -> BinaryIO:
    # One that a killed command left is taken over; one that is being written is not.
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        stream = os.fdopen(os.open(path, flags, 0o666), "r+b")
        try:
            if _is_locked(stream, path) and _is_at(stream, path):
                return stream
        except BaseException:
            stream.close()
            raise
        stream.close()


def _is_locked(stream: BinaryIO, path: Path) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as failure:
        raise CallError(
            f"Another command writes {path}: wait for it, or choose another name."
        ) from (failure)
    except OSError as failure:
        if failure.errno not in _NO_LOCKS:
            raise
    return True


def _is_at(stream: BinaryIO, path: Path) -> bool:
    # Another command may have moved the file to its place after this one had opened it.
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.lstat())
    except FileNotFoundError:
        return False
