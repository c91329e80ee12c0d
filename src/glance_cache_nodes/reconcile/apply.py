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

from glance_cache_nodes.cache import layout, locks
from glance_cache_nodes.db import image_copies, write
from glance_cache_nodes.reconcile import disk

if TYPE_CHECKING:
    from pathlib import Path

    from glance_cache_nodes.reconcile.case import Case
    from glance_cache_nodes.reconcile.disk import File
    from glance_cache_nodes.reconcile.settings import LocalNode

_ATTEMPTS = 5


class Fixer:
    """Corrects findings on a node; each method returns whether the finding is corrected.

    Where the database does not answer, they raise DatabaseUnavailableError, and the file of the
    finding is in its place.
    """

    def __init__(self, node: LocalNode) -> None:
        self._node = node

    def remove_row(self, case: Case) -> bool:
        """Remove the row of a file that is not there."""
        self._remove_row(case.image_id)
        return self._agree(case)

    def add_row(self, case: Case) -> bool:
        """Add the row of a file that is the image."""
        if case.file is not None:
            self._add_row(case.image_id, case.file.size)
        return self._agree(case)

    def correct_size(self, case: Case) -> bool:
        """Write the file's size into the row."""
        if case.row_size is None or case.file is None:
            return False
        node, old, new = self._node, case.row_size, case.file.size
        write.resize(node.database, node.url, case.image_id, old, new)
        return self._agree(case)

    def remove_both(self, case: Case) -> bool:
        """Remove the file and then the row, as Glance evicts."""

        def remove_row() -> None:
            self._remove_row(case.image_id)

        if case.file is None:
            remove_row()
        elif not self._remove(case.file, _is_open_for_writing, remove_row):
            return False
        return self._agree(case)

    def remove_partial(self, case: Case) -> bool:
        """Remove the partial file, unless somebody writes it after all."""
        if case.partial is None:
            return False
        return self._remove(
            case.partial, lambda aside: disk.is_written(aside, self._node.stall_time)
        )

    def _remove(
        self,
        file: File,
        is_in_use: Callable[[File], bool],
        remove_row: Callable[[], None] = lambda: None,
    ) -> bool:
        """Remove exactly this file, not another one that Glance has put in its place.

        It is renamed first, so that nobody can come by it while it is looked at again.

        Args:
            file: as it was when it was found to be wrong.
            is_in_use: returns whether the renamed file must come back to its place.
            remove_row: is called before the file is removed for good.

        Returns:
            False when another file was there, or it was in use; it is in its place again.
        """
        aside = self._aside(file.path)
        try:
            file.path.rename(aside)
        except FileNotFoundError:
            remove_row()
            return True
        found = disk.look(aside)
        if found is None or not file.has_bytes_of(found) or is_in_use(found):
            _put_back(aside, file.path)
            return False
        try:
            remove_row()
        except BaseException:
            _put_back(aside, file.path)
            raise
        aside.unlink()
        return True

    def _aside(self, path: Path) -> Path:
        """Return where a file is moved to be looked at again: if we are killed, a partial one."""
        directory = self._node.directory
        invalid = layout.invalid_dir(directory)
        if not invalid.is_dir():  # Glance makes it, and must be able to write there
            invalid.mkdir(exist_ok=True)
            owner = directory.stat()
            with contextlib.suppress(PermissionError):
                os.chown(invalid, owner.st_uid, owner.st_gid)
        return invalid / (disk.image_id_of(path) or path.name)

    def _agree(self, case: Case) -> bool:
        """Keep the row if and only if the file exists, also after changes by Glance."""
        for _ in range(_ATTEMPTS):
            file = disk.cached(self._node.directory, case.image_id)
            has_row = self._has_row(case.image_id)
            if (file is not None) == has_row:
                return True
            if file is None:
                self._remove_row(case.image_id)
            elif case.image is not None and case.image.known_size == file.size:
                self._add_row(case.image_id, file.size)
            else:
                return False  # not the image: the next run finds it
        return False

    def _has_row(self, image_id: str) -> bool:
        return bool(image_copies.find_on_node(self._node.database, self._node.url, {image_id}))

    def _add_row(self, image_id: str, size: int) -> None:
        write.add(self._node.database, self._node.url, image_id, size)

    def _remove_row(self, image_id: str) -> None:
        write.remove(self._node.database, self._node.url, image_id)


def _put_back(aside: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):  # a newer one: nothing refers to this one any more
        os.link(aside, path)
    aside.unlink()


def _is_open_for_writing(file: File) -> bool:
    """Return whether somebody, who is not Glance, writes into a cached file right now."""
    return locks.has_writer(file.path) is True
