# SPDX-License-Identifier: Apache-2.0
"""The directory of a lab, and the lock for changes to it."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import private, state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".lock"


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Lock the lab for one ``up`` or ``down``; the directory exists.

    Raises:
        UserError: another process has the lock.
    """
    with (directory / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another `lab up` or `lab down` is running on {directory}") from error
        yield


def claim(directory: Path) -> None:
    """Make the directory, or check that a lab may use it.

    Raises:
        UserError: it contains something else, or cannot be made.
    """
    try:
        private.make_directory(directory)
        others = [entry.name for entry in directory.iterdir() if entry.name != LOCK]
    except OSError as error:
        raise UserError(f"cannot use {directory} for a lab: {error.strerror}") from error
    if others and not state.exists(directory):
        raise UserError(f"{directory} is not empty and not a lab; name another with --dir")


def clear(directory: Path) -> None:
    """Delete what a lab wrote that never started; the lock stays."""
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()


def delete(directory: Path) -> None:
    """Delete the lab and its data.

    Raises:
        UserError: it is not a lab.
    """
    if not state.exists(directory):
        raise UserError(f"{directory} is not a lab and stays as it is")
    shutil.rmtree(directory)
