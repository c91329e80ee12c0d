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

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import NotPublishedError

if TYPE_CHECKING:
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.ledger import Claim

LOG = log.getLogger(__name__)


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

    def is_cached(self, wanted: ImageToFill) -> bool:
        """Return whether the cache holds a file of the image's size."""
        try:
            return self._path(wanted).stat().st_size == wanted.size
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
        """Write the row of a file that a process was about to write when it was killed.

        Args:
            image_id: the image.
            inode: of the file, which was right.
        """
        try:
            found = layout.cached_file(self.directory, image_id).stat()
        except FileNotFoundError:
            return
        if found.st_ino == inode:
            LOG.info("Image %s is cached, and the record does not know: corrected", image_id)
            self._write_row(image_id, found.st_size)

    def publish(self, wanted: ImageToFill, claim: Claim) -> None:
        """Move the part file into the cache and write the row.

        Raises:
            NotPublishedError: the image has gone meanwhile, or the row could not be written.
                Neither file nor row stay.
        """
        if not claim.is_there:  # what lies there is of another fill
            raise NotPublishedError("the files of the fill have been removed meanwhile")
        try:
            part = layout.part_file(self.directory, wanted.id)
            claim.publish(part.stat().st_ino)
            part.rename(self._path(wanted))
            self.unqueue(wanted)
            self._write_row(wanted.id, wanted.size)
            # Whoever deletes an image marks it first and looks into the caches then: one of the
            # two sees the other.
            has_gone = self.has_gone(wanted)
        except Exception as error:
            self._undo(wanted)
            raise NotPublishedError(f"{type(error).__name__}: {error}") from error
        if has_gone:
            self._undo(wanted)
            raise NotPublishedError("the image has been deleted meanwhile")

    def make_room(self, count: int) -> bool:
        """Evict the images that were read longest ago, as Glance's pruner does.

        Args:
            count: bytes to free.

        Returns:
            Whether that many are free.
        """
        # Files without a row cannot be evicted: then nothing is, rather than all that can.
        if sum(image["size"] for image in self._driver.get_cached_images()) < count:
            return False
        evicted: set[str | None] = {None}
        while count > 0:
            image_id, size = self._driver.get_least_recently_accessed()
            if image_id in evicted:
                return False
            evicted.add(image_id)
            LOG.info("Image %s is evicted, so that another one can be cached", image_id)
            self._driver.delete_cached_image(image_id)
            count -= size
        return True

    def has_gone(self, wanted: ImageToFill) -> bool:
        """Return whether Glance has deleted the image, or has another one under its ID."""
        try:
            image = glance.db.get_api().image_get(self._admin(), wanted.id)
        except exception.NotFound:
            return True
        return bool(image["deleted"] or image["checksum"] != wanted.checksum)

    def queue(self, wanted: ImageToFill) -> None:
        """Show the image as queued."""
        layout.queued_file(self.directory, wanted.id).touch()

    def unqueue(self, wanted: ImageToFill) -> None:
        """Show the image as queued no more, if the directory can be written."""
        try:
            self._driver.delete_queued_image(wanted.id)
        except OSError as error:
            LOG.warning("Image %s is still shown as queued: %s", wanted.id, error)

    def _write_row(self, image_id: str, size: int) -> None:
        try:
            self._driver.db_api.insert_cache_details(
                self._admin(), self._conf.worker_self_reference_url, image_id, size
            )
        except Exception:  # also where the row is there: Glance catches that, and fails then
            if not self.has_row(image_id):
                raise

    def _undo(self, wanted: ImageToFill) -> None:
        self._path(wanted).unlink(missing_ok=True)
        with contextlib.suppress(Exception):  # no row came, or the database is away
            self._driver.delete_cached_image(wanted.id)

    def _path(self, wanted: ImageToFill) -> Path:
        return layout.cached_file(self.directory, wanted.id)

    @staticmethod
    def _admin() -> Any:
        return context.get_admin_context()
