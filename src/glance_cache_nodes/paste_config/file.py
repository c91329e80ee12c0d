# SPDX-License-Identifier: Apache-2.0
"""Read a configuration file, and replace it atomically."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from pathlib import Path

HINT = "nothing was changed; run this as root or as the file's owner"
ACCESS_LIST = "system.posix_acl_access"


def load(path: Path) -> str:
    """Return the file's text with its line ends.

    Raises:
        UserError: no such file, not a file, not readable, or not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: not a file; name the glance-api-paste.ini itself")
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {line}: not UTF-8; save the file as UTF-8") from error


@dataclass(frozen=True)
class Staged:
    """A prepared change of a file, to be committed or discarded.

    Attributes:
        path: the file as the caller named it.
        target: the file itself, where path is a link.
        old: the bytes that the change was made from.
        new: the file that comes in the target's place.
        backup: a copy of the old file, beside it: ``NAME.bak-YYYYmmddHHMMSS``, local time.
    """

    path: Path
    target: Path
    old: bytes
    new: Path
    backup: Path

    def commit(self) -> None:
        """Replace the old file with the new one, atomically.

        Raises:
            UserError: the file has changed, or cannot be replaced.
        """
        try:
            if self.target.read_bytes() != self.old:
                raise UserError(
                    f"{self.path}: was changed meanwhile and is left so; run this again"
                )
            self.new.replace(self.target)
        except OSError as error:
            raise _not_replaced(self.path, error) from error

    def discard(self) -> None:
        """Remove the new files; called instead of ``commit``, or after it has failed."""
        for made in (self.new, self.backup):
            made.unlink()


def stage(path: Path, old: str, new: str) -> Staged:
    """Write a new text and a copy of the old one beside a file.

    Both get mode, access list and owner of the file. A link is followed. The caller blocks signals
    until ``commit`` or ``discard``; otherwise the files are left.

    Raises:
        UserError: the file or its directory is not writable, or its owner cannot be kept.
    """
    target = path.resolve()
    if not os.access(target, os.W_OK):
        raise UserError(f"{path}: not writable; run this as root or as the file's owner")
    backup = f"{target.name}.bak-{time.strftime('%Y%m%d%H%M%S')}"
    made: list[Path] = []
    try:
        made.append(_write_like(target, f".{target.name}.new", new.encode()))
        made.append(_write_like(target, backup, old.encode()))
    except OSError as error:
        for left in made:
            left.unlink()
        raise _not_replaced(path, error) from error
    return Staged(path, target, old.encode(), *made)


def _not_replaced(path: Path, error: OSError) -> UserError:
    return UserError(f"{path}: cannot be replaced: {error.strerror}; {HINT}")


def _write_like(target: Path, name: str, data: bytes) -> Path:
    """Write data to a new file beside target, with target's owner, mode and access list."""
    descriptor, path = _create(target.with_name(name))
    try:
        with os.fdopen(descriptor, "wb") as file:
            _dress_like(target, descriptor)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        path.unlink()
        raise
    return path


def _create(wanted: Path) -> tuple[int, Path]:
    """Create and open a new file: wanted, or wanted-1, wanted-2 and so on."""
    for number in itertools.count():
        path = wanted.with_name(f"{wanted.name}-{number}") if number else wanted
        with contextlib.suppress(FileExistsError):
            # Readable by its owner only, until it has the mode of the old one: for passwords.
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), path
    raise AssertionError  # not reached: a count does not end


def _dress_like(target: Path, descriptor: int) -> None:
    # By descriptor: others who may write in this directory could replace the name by a link.
    like, made = target.stat(), os.fstat(descriptor)
    # In a directory with the setgid bit a new file has the group of the directory.
    if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    names = _attributes(target)
    if ACCESS_LIST not in names:
        with contextlib.suppress(OSError):  # there is one only by the directory's default
            os.removexattr(descriptor, ACCESS_LIST)
    for name in names:
        with contextlib.suppress(OSError):  # a label that only the system sets
            os.setxattr(descriptor, name, os.getxattr(target, name))
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))


def _attributes(target: Path) -> list[str]:
    with contextlib.suppress(OSError):  # a file system without any
        return os.listxattr(target)
    return []
