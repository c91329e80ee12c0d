# SPDX-License-Identifier: Apache-2.0
"""The file system of a directory, now and by fstab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOUNTED, WANTED = Path("/proc/self/mounts"), Path("/etc/fstab")


def mount_point(directory: Path, table: Path) -> Path | None:
    """Return the mount point in a table of mounts that a directory lies below.

    Returns:
        The longest one; None when there is none or the table cannot be read.
    """
    above = {directory, *directory.parents}
    found = [each for each in _points(table) if each in above]
    return max(found, key=lambda each: len(each.parts), default=None)


def _points(table: Path) -> Iterator[Path]:
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        fields = line.split()
        if len(fields) > 1 and not line.startswith("#") and fields[1].startswith("/"):
            yield Path(_without_escapes(fields[1]))


def _without_escapes(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field
