# SPDX-License-Identifier: Apache-2.0
"""Entries of a cache directory that neither Glance nor the add-on makes."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

OF_GLANCE = ("queue", "incomplete", "invalid")


def directories(cache: Path) -> list[Path]:
    """Return the cache directory and those below it that are not Glance's."""
    below = [path for path in cache.iterdir() if path.is_dir() and path.name not in OF_GLANCE]
    return [cache, *below]


@contextlib.contextmanager
def made(cache: Path, image_id: str) -> Iterator[None]:
    """Make them for the block: some of any name, some of an image's."""
    entries = [path for each in directories(cache) for path in _in(each)]
    # Beside Glance's own file of an image only what has another name than that.
    entries += [path for each in directories(cache) for path in _of_image(each, image_id)]
    try:
        yield
    finally:
        for path in entries:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _in(directory: Path) -> Iterator[Path]:
    loop, lock, pipe = (directory / name for name in ("loop", "x.lock", "pipe"))
    loop.symlink_to("loop")
    lock.mkdir()
    os.mkfifo(pipe)
    yield from (loop, lock, pipe)


def _of_image(directory: Path, image_id: str) -> Iterator[Path]:
    for suffix in (".lock", ".part", ".failed"):
        path = directory / f"{image_id}{suffix}"
        os.mkfifo(path)
        yield path
