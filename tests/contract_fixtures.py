# SPDX-License-Identifier: Apache-2.0
"""What a file of the contract may ask for under ``fixtures``."""

from __future__ import annotations

import functools

import glance.db
from gabbi.fixture import GabbiFixture

import glance_site
import images

CACHED = "11111111-1111-4111-8111-111111111111"
NOT_CACHED = "22222222-2222-4222-8222-222222222222"
DEACTIVATED = "33333333-3333-4333-8333-333333333333"
DELETED = "44444444-4444-4444-8444-444444444444"
UPPER_CASE = "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA"

_IMAGES = {
    CACHED: {"visibility": "private", "nodes": reversed(images.NODES[:2])},
    NOT_CACHED: {"visibility": "public", "nodes": ()},
    DEACTIVATED: {"visibility": "private", "status": "deactivated", "nodes": images.NODES[2:]},
    DELETED: {"visibility": "private", "deleted": True},
    UPPER_CASE: {"visibility": "private", "nodes": images.NODES[:1]},
}


@functools.cache
def _create_images() -> None:
    for image_id, kind in _IMAGES.items():
        images.create(kind, image_id)


class Images(GabbiFixture):
    """The images that the contract speaks of; written once."""

    def start_fixture(self) -> None:
        glance_site.application()
        _create_images()


class CachingOff(GabbiFixture):
    """A node without a cache directory."""

    def start_fixture(self) -> None:
        glance_site.CONF.set_override("image_cache_dir", None)

    def stop_fixture(self) -> None:
        glance_site.CONF.clear_override("image_cache_dir")


class LocalDriver(GabbiFixture):
    """A node that keeps its cache record to itself."""

    def start_fixture(self) -> None:
        glance_site.CONF.set_override("image_cache_driver", "sqlite")

    def stop_fixture(self) -> None:
        glance_site.CONF.clear_override("image_cache_driver")


class NoNodeTable(GabbiFixture):
    """A database that answers with an error: one of Glance's tables is gone for a while."""

    def start_fixture(self) -> None:
        self._execute("ALTER TABLE node_reference RENAME TO node_reference_away")

    def stop_fixture(self) -> None:
        self._execute("ALTER TABLE node_reference_away RENAME TO node_reference")

    def _execute(self, statement: str) -> None:
        with glance.db.sqlalchemy.api.get_engine().begin() as connection:
            connection.exec_driver_sql(statement)
