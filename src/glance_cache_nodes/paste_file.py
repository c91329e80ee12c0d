# SPDX-License-Identifier: Apache-2.0
"""Read a configuration file, and replace it so that no moment shows half of one."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO

from glance_cache_nodes.errors import UserError


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
    like = target.stat()
    with _open_new(target.with_name(name)) as file:
        path = Path(file.name)
        try:
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(path, like.st_uid, like.st_gid)
            shutil.copystat(target, path)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink()
            raise
    return path


def _open_new(wanted: Path) -> BinaryIO:
    """Open a file that was not there: wanted, or wanted-1, wanted-2 and so on."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for number in itertools.count():
        path = f"{wanted}-{number}" if number else str(wanted)
        try:
            os.close(os.open(path, flags, 0o600))  # the file may hold a password
        except FileExistsError:
            continue
        return Path(path).open("wb")
    raise AssertionError  # a count does not end
