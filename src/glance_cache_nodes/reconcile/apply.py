# SPDX-License-Identifier: Apache-2.0
"""Correct a finding beside a running Glance.

Glance renames a whole file into place and then adds the row; it evicts the file and then the row.
A correction may fall between any two of these steps, so each one ends with :meth:`Fixer._agree`:
the row is there if and only if the file is.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.cache import layout
from glance_cache_nodes.reconcile import disk, in_use

if TYPE_CHECKING:
    from pathlib import Path

    from glance_cache_nodes.reconcile.model import Case, File
    from glance_cache_nodes.reconcile.record import Record

_ATTEMPTS = 5


class Fixer:
    """Corrects findings on one node.

    Args:
        directory: the cache directory.
        record: the node's rows.
        stall_time: seconds after which Glance's cleaner removes a partial file.
    """

    def __init__(self, directory: Path, record: Record, stall_time: float) -> None:
        self._directory, self._record, self._stall_time = directory, record, stall_time

    def remove_row(self, case: Case) -> bool:
        """Remove the row of a file that is not there."""
        self._record.remove(case.image_id)
        return self._agree(case)

    def add_row(self, case: Case) -> bool:
        """Add the row of a file that is the image."""
        if case.file is not None:
            self._record.add(case.image_id, case.file.size)
        return self._agree(case)

    def correct_size(self, case: Case) -> bool:
        """Write the file's size into the row."""
        if case.row is None or case.file is None:
            return False
        self._record.resize(case.image_id, case.row.size, case.file.size)
        return self._agree(case)

    def remove_both(self, case: Case) -> bool:
        """Remove the file and then the row, as Glance evicts."""
        if case.file is not None and not self._remove(case.file, _is_open_for_writing):
            return False
        self._record.remove(case.image_id)
        return self._agree(case)

    def remove_partial(self, case: Case) -> bool:
        """Remove the partial file, unless somebody writes it after all."""
        if case.partial is None:
            return False
        return self._remove(case.partial, lambda aside: in_use.is_written(aside, self._stall_time))

    def _remove(self, file: File, is_in_use: Callable[[File], bool]) -> bool:
        """Remove exactly this file, not another one that Glance has put in its place.

        It is renamed first, so that nobody can come by it while it is looked at again.

        Args:
            file: as it was when it was found to be wrong.
            is_in_use: returns whether the renamed file must come back to its place.

        Returns:
            False when another file was there, or it was in use; it is in its place again.
        """
        aside = self._aside(file.path)
        try:
            file.path.rename(aside)
        except FileNotFoundError:
            return True
        found = disk.look(aside)
        if found and file.has_bytes_of(found) and not is_in_use(found):
            aside.unlink()
            return True
        with contextlib.suppress(FileExistsError):  # a newer one: this one is nobody's any more
            os.link(aside, file.path)
        aside.unlink()
        return False

    def _aside(self, path: Path) -> Path:
        """Return where a file is moved to be looked at again: if we are killed, a partial one."""
        invalid = layout.invalid_dir(self._directory)
        if not invalid.is_dir():  # Glance makes it, and must be able to write there
            invalid.mkdir(exist_ok=True)
            owner = self._directory.stat()
            with contextlib.suppress(PermissionError):
                os.chown(invalid, owner.st_uid, owner.st_gid)
        return invalid / (disk.image_id_of(path) or path.name)

    def _agree(self, case: Case) -> bool:
        """Keep the row if and only if the file exists, also after changes by Glance."""
        for _ in range(_ATTEMPTS):
            file = disk.cached(self._directory, case.image_id)
            row = self._record.rows([case.image_id]).get(case.image_id)
            if (file is None) == (row is None):
                return True
            if file is None:
                self._record.remove(case.image_id)
            elif case.image is not None and case.image.known_size == file.size:
                self._record.add(case.image_id, file.size)
            else:
                return False  # not the image: the next run finds it
        return False


def _is_open_for_writing(file: File) -> bool:
    """Return whether somebody, who is not Glance, writes into a cached file right now."""
    return in_use.has_writer(file.path) is True
