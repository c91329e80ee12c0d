# SPDX-License-Identifier: Apache-2.0
"""The directory of a lab: whose it is, and who may change it now."""

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
    """Hold the lab for one ``up`` or ``down``; the directory is there.

    Raises:
        UserError: another one holds it.
    """
    with (directory / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another `lab up` or `lab down` is at work on {directory}") from error
        yield


def claim(directory: Path) -> None:
    """Make the directory, or see that it is one that a lab may use.

    Raises:
        UserError: it holds something that is not a lab, or cannot be made.
    """
    try:
        private.make_directory(directory)
        others = [entry.name for entry in directory.iterdir() if entry.name != LOCK]
    except OSError as error:
        raise UserError(f"cannot use {directory} for a lab: {error.strerror}") from error
    if others and not state.exists(directory):
        raise UserError(f"{directory} is not empty and not a lab; name another with --dir")


def clear(directory: Path) -> None:
    """Empty the directory of a lab that never came up; the lock stays."""
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()


def delete(directory: Path) -> None:
    """Remove the lab and all its data.

    Raises:
        UserError: it is not a lab.
    """
    if not state.exists(directory):
        raise UserError(f"{directory} is not a lab and stays as it is")
    shutil.rmtree(directory)
