# SPDX-License-Identifier: Apache-2.0
"""What lies in a cache directory: cached files and partial ones.

Names that are no image IDs, directories and links are not Glance's, and are not listed.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile.model import File

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

IMAGE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_PART = ".part"


@dataclasses.dataclass(frozen=True)
class Disk:
    """A cache directory at one moment.

    Attributes:
        exists: whether there is such a directory.
        files: the cached files, by image ID.
        links: image IDs that are links to a file: somebody else's way to place it, left alone.
        partials: the files of transfers that have not ended.
    """

    exists: bool
    files: Mapping[str, File]
    links: frozenset[str]
    partials: Sequence[File]


def read(directory: Path) -> Disk:
    """List a cache directory.

    Raises:
        UserError: it may not be read, or is no directory.
    """
    if not exists(directory):
        return Disk(exists=False, files={}, links=frozenset(), partials=())
    files, links = {}, set()
    for entry in _entries(directory):
        if IMAGE_ID.match(entry.name):
            if entry.is_symlink():
                if _leads_somewhere(entry):
                    links.add(entry.name)
            elif found := look(directory / entry.name):
                files[entry.name] = found
    return Disk(
        exists=True, files=files, links=frozenset(links), partials=list(_partials(directory))
    )


def exists(directory: Path) -> bool:
    """Return whether there is such a directory.

    Raises:
        UserError: one above it may not be searched.
    """
    try:
        return directory.exists()
    except OSError as error:  # of Python before 3.14; later it is taken for missing
        raise UserError(f"{directory} cannot be looked at: {error.strerror}") from error


def look(path: Path) -> File | None:
    """Return the regular file at this path as it is now; None when there is none.

    Raises:
        UserError: the directory may not be read.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} cannot be looked at: {error.strerror}") from error
    return File.of(path, status) if stat.S_ISREG(status.st_mode) else None


def cached(directory: Path, image_id: str) -> File | None:
    """Return the cached file of an image; None when there is none.

    Args:
        directory: the cache directory.
        image_id: as the record has it; a row can hold anything, and then has no file.
    """
    if not IMAGE_ID.match(image_id):
        return None
    return look(layout.cached_file(directory, image_id))


def image_id_of(partial: Path) -> str | None:
    """Return the image ID that a partial file is named for; None for another name."""
    is_fill = is_of_fill(partial)
    if is_fill and partial.suffix != _PART:
        return None
    name = partial.stem if is_fill else partial.name
    return name if IMAGE_ID.match(name) else None


def _leads_somewhere(link: os.DirEntry[str]) -> bool:
    try:
        link.stat()
    except FileNotFoundError:
        return False
    except OSError:  # it may well be there
        return True
    return True


def _entries(directory: Path) -> Sequence[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda each: each.name)
    except OSError as error:
        raise UserError(f"{directory} cannot be listed: {error.strerror}") from error


def _partials(directory: Path) -> Iterator[File]:
    for place in (layout.incomplete_dir, layout.invalid_dir, layout.state_dir):
        below = place(directory)
        for entry in _entries(below) if below.is_dir() else ():
            found = look(below / entry.name) if image_id_of(below / entry.name) else None
            if found is not None:
                yield found


def is_of_fill(partial: Path) -> bool:
    """Return whether a partial file is one of the filter ``cache_fill``."""
    return partial.parent.name == layout.state_dir("").name
