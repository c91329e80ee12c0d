# SPDX-License-Identifier: Apache-2.0
"""Publish a filled image: the file under Glance's name, the row by Glance's driver."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import glance.db
from glance import context, image_cache
from glance.common import exception
from oslo_log import log

from glance_cache_nodes.cache import layout, state
from glance_cache_nodes.exception import FillError, NotPublishedError

if TYPE_CHECKING:
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.ledger import Claim

LOG = log.getLogger(__name__)


class Publisher:
    """Glance's cache of this node."""

    def __init__(self, conf: Any) -> None:
        self._conf = conf
        self.directory = Path(conf.image_cache_dir)
        self._driver = image_cache.ImageCache().driver

    def is_cached(self, image: ImageToFill) -> bool:
        """Return whether the cache holds a file of the image's size."""
        try:
            return self._path(image).stat().st_size == image.size
        except OSError:
            return False

    def has_file(self, image_id: str) -> bool:
        """Return whether the cache holds a file of the image, whole or not."""
        return layout.cached_file(self.directory, image_id).exists()

    def has_row(self, image_id: str) -> bool:
        """Return whether the record says that this node holds the image."""
        try:
            return bool(
                self._driver.db_api.is_image_cached_for_node(
                    self._admin(), self._conf.worker_self_reference_url, image_id
                )
            )
        except exception.NotFound:
            return False

    def mend(self, image_id: str, inode: int) -> None:
        """Write the row of a file that a process was about to write when it was killed."""
        try:
            found = layout.cached_file(self.directory, image_id).stat()
        except FileNotFoundError:
            return
        if found.st_ino == inode:
            LOG.info("Image %s is cached, and the record does not know: corrected", image_id)
            self._write_row(image_id, found.st_size)

    def publish(self, image: ImageToFill, claim: Claim) -> None:
        """Move the part file into the cache and write the row.

        Raises:
            NotPublishedError: the files of the fill are gone, or the row could not be written.
            FillError: the image has gone meanwhile. Neither file nor row stay.
        """
        if not claim.is_there:  # what lies there is of another fill
            raise NotPublishedError("the files of the fill have been removed meanwhile")
        try:
            part = layout.part_file(self.directory, image.id)
            claim.publish(part.stat().st_ino)
            part.rename(self._path(image))
            self.unqueue(image)
            self._write_row(image.id, image.size)
            # Whoever deletes an image marks it first and looks into the caches then: one of the
            # two sees the other.
            has_gone = self.has_gone(image)
        except Exception as error:
            self._undo(image)
            raise NotPublishedError(f"{type(error).__name__}: {error}") from error
        if has_gone:
            self._undo(image)
            raise FillError("the image has been deleted meanwhile")

    def note_wrong(self, image: ImageToFill) -> None:
        """Note that the store has other bytes of an image than its hash says."""
        path = layout.wrong_file(self.directory, image.id)
        with contextlib.suppress(OSError):
            state.write_small(path, f"{image.digest}\n")

    def is_wrong(self, image: ImageToFill) -> bool:
        """Return whether the store had other bytes of an image, which has not changed since."""
        found = state.read_small(layout.wrong_file(self.directory, image.id))
        return found is not None and found.decode(errors="replace").strip() == image.digest

    def has_gone(self, image: ImageToFill) -> bool:
        """Return whether Glance has deleted the image, or has another one under its ID."""
        try:
            found = glance.db.get_api().image_get(self._admin(), image.id)
        except exception.NotFound:
            return True
        return bool(found["deleted"] or found["checksum"] != image.checksum)

    def queue(self, image: ImageToFill) -> None:
        """Show the image as queued."""
        layout.queued_file(self.directory, image.id).touch()

    def unqueue(self, image: ImageToFill) -> None:
        """Show the image as queued no more, if the directory can be written."""
        try:
            self._driver.delete_queued_image(image.id)
        except OSError as error:
            LOG.warning("Image %s is still shown as queued: %s", image.id, error)

    def _write_row(self, image_id: str, size: int) -> None:
        own_url = self._conf.worker_self_reference_url
        try:
            self._driver.db_api.insert_cache_details(self._admin(), own_url, image_id, size)
        except exception.NotFound:  # an operator has removed this node: it registers again
            with contextlib.suppress(exception.Duplicate):
                self._driver.db_api.node_reference_create(self._admin(), own_url)
            self._driver.db_api.insert_cache_details(self._admin(), own_url, image_id, size)
        except Exception:  # also where the row is there: Glance catches that, and fails then
            if not self.has_row(image_id):
                raise

    def _undo(self, image: ImageToFill) -> None:
        self._path(image).unlink(missing_ok=True)
        with contextlib.suppress(Exception):  # no row came, or the database is away
            self._driver.delete_cached_image(image.id)

    def _path(self, image: ImageToFill) -> Path:
        return layout.cached_file(self.directory, image.id)

    @staticmethod
    def _admin() -> Any:
        return context.get_admin_context()
