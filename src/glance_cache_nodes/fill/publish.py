# SPDX-License-Identifier: Apache-2.0
"""A filled image becomes a cached one: the file under Glance's name, the row by Glance's driver."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import glance.db
from glance import context, image_cache
from glance.common import exception

from glance_cache_nodes.cache import layout

if TYPE_CHECKING:
    from glance_cache_nodes.fill.wanted import Wanted


class NotCachedError(Exception):
    """The image is whole and right, and was not cached; the message says why."""


class Publisher:
    """Glance's cache of this node.

    Args:
        conf: Glance's configuration.

    Attributes:
        directory: Glance's image_cache_dir.
    """

    def __init__(self, conf: Any) -> None:
        self._conf = conf
        self.directory = Path(conf.image_cache_dir)
        self._driver = image_cache.ImageCache().driver

    def is_cached(self, wanted: Wanted) -> bool:
        """Return whether the cache holds a file of the image's size."""
        try:
            return self._path(wanted).stat().st_size == wanted.size
        except OSError:
            return False

    def has_file(self, image_id: str) -> bool:
        """Return whether the cache holds a file of the image, whole or not."""
        return layout.cached_file(self.directory, image_id).exists()

    def has_row(self, wanted: Wanted) -> bool:
        """Return whether the record says that this node holds the image."""
        try:
            self._driver.db_api.is_image_cached_for_node(
                self._admin(), self._conf.worker_self_reference_url, wanted.id
            )
        except exception.NotFound:
            return False
        return True

    def publish(self, wanted: Wanted) -> None:
        """Move the part file into the cache and write the row.

        Raises:
            NotCachedError: the image has gone meanwhile, or the row could not be written. Neither
                file nor row stay.
        """
        try:
            layout.part_file(self.directory, wanted.id).rename(self._path(wanted))
            self._driver.delete_queued_image(wanted.id)
            self._write_row(wanted)
            # Whoever deletes an image marks it first and looks into the caches then: one of the
            # two sees the other.
            has_gone = not self._is_still(wanted)
        except Exception as error:
            self._undo(wanted)
            raise NotCachedError(f"{type(error).__name__}: {error}") from error
        if has_gone:
            self._undo(wanted)
            raise NotCachedError("the image has been deleted meanwhile")

    def queue(self, wanted: Wanted) -> None:
        """Show the image as queued."""
        layout.queued_file(self.directory, wanted.id).touch()

    def unqueue(self, wanted: Wanted) -> None:
        """Show the image as queued no more."""
        self._driver.delete_queued_image(wanted.id)

    def _write_row(self, wanted: Wanted) -> None:
        self._driver.db_api.insert_cache_details(
            self._admin(), self._conf.worker_self_reference_url, wanted.id, wanted.size
        )

    def _is_still(self, wanted: Wanted) -> bool:
        try:
            image = glance.db.get_api().image_get(self._admin(), wanted.id)
        except exception.NotFound:
            return False
        return not image["deleted"] and image["checksum"] == wanted.checksum

    def _undo(self, wanted: Wanted) -> None:
        self._path(wanted).unlink(missing_ok=True)
        with contextlib.suppress(Exception):  # no row came, or the database is away
            self._driver.delete_cached_image(wanted.id)

    def _path(self, wanted: Wanted) -> Path:
        return layout.cached_file(self.directory, wanted.id)

    @staticmethod
    def _admin() -> Any:
        return context.get_admin_context()
