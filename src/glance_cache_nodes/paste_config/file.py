# SPDX-License-Identifier: Apache-2.0
"""Read a configuration file, and replace it so that no moment shows half of one."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> str:
    """Return the file's text, its line ends as they are.

    Raises:
        UserError: no such file, not a file, not to be read, or not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: not a file; name the glance-api-paste.ini itself")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {line}: not UTF-8; save the file as UTF-8") from error


def replace(path: Path, text: str) -> Path:
    """Put text in the file's place, at once; a link stays, and what it leads to is replaced.

    Mode, access list and owner stay as they were.

    Returns:
        The copy of the old file, beside it: ``NAME.bak-YYYYmmddHHMMSS``, local time.

    Raises:
        UserError: the file or its directory is not to be written, or its owner cannot be kept.
    """
    target = path.resolve()
    if not os.access(target, os.W_OK):
        raise UserError(f"{path}: not writable; run this as root or as the file's owner")
    made: list[Path] = []
    try:
        made.append(_write_like(target, f".{target.name}.new", text.encode()))
        backup = f"{target.name}.bak-{time.strftime('%Y%m%d%H%M%S')}"
        made.append(_write_like(target, backup, target.read_bytes()))
        made[0].replace(target)
    except OSError as error:
        for left in made:
            left.unlink()
        hint = "nothing was changed; run this as root or as the file's owner"
        raise UserError(f"{path}: cannot be replaced: {error.strerror}; {hint}") from error
    return made[1]


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
    """Create and open a file that was not there: wanted, or wanted-1, wanted-2 and so on."""
    for number in itertools.count():
        path = wanted.with_name(f"{wanted.name}-{number}") if number else wanted
        with contextlib.suppress(FileExistsError):
            # To its owner alone until it has the mode of the old one: it may hold a password.
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), path
    raise AssertionError  # a count does not end


def _dress_like(target: Path, descriptor: int) -> None:
    # By descriptor: who may write in this directory could put a link under the name meanwhile.
    like = target.stat()
    if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
    for name in os.listxattr(target):
        with contextlib.suppress(OSError):  # a label that only the system sets
            os.setxattr(descriptor, name, os.getxattr(target, name))
