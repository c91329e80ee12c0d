# SPDX-License-Identifier: Apache-2.0
"""What a file of the contract may ask for under ``fixtures``."""

from __future__ import annotations

import datetime
import functools
import os

import glance.db
from gabbi.fixture import GabbiFixture

import glance_site
import images

CACHED = "11111111-1111-4111-8111-111111111111"
NOT_CACHED = "22222222-2222-4222-8222-222222222222"
DEACTIVATED = "33333333-3333-4333-8333-333333333333"
DELETED = "44444444-4444-4444-8444-444444444444"
UPPER_CASE = "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA"

PURGED = "55555555-5555-4555-8555-555555555555"
ON_DISK = "66666666-6666-4666-8666-666666666666"

SITES = """
edge1: {nodes: ["http://node1:9292"], near: [edge2]}
edge2: {nodes: ["http://node2:9292"]}
central: {nodes: ["http://central:9292"]}
"""

TIMES = {
    "last_accessed": datetime.datetime(2026, 11, 28, 12, 30, 15),
    "last_modified": datetime.datetime(2026, 11, 27, 8, 0, 0),
}
WRITTEN = 1_700_000_000  # seconds since 1970, for files of the cache

_IMAGES = {
    CACHED: {"visibility": "private", "size": 4, "nodes": reversed(images.NODES[:2])},
    NOT_CACHED: {"visibility": "public", "nodes": ()},
    DEACTIVATED: {"visibility": "private", "status": "deactivated", "nodes": images.NODES[2:]},
    DELETED: {"visibility": "private", "deleted": True},
    UPPER_CASE: {"visibility": "private", "nodes": images.NODES[:1]},
}


@functools.cache
def _create_images() -> None:
    for image_id, kind in _IMAGES.items():
        images.create({"times": TIMES, **kind}, image_id)
    images.record(PURGED, images.NODES[0], **TIMES)
    _put_on_disk()


def _put_on_disk() -> None:
    """Put one whole file, one that is too short, and leftovers into the cache directory."""
    kind = {"visibility": "private", "size": 4, "nodes": images.NODES[:1], "times": TIMES}
    images.create(kind, ON_DISK)
    cache = glance_site.root() / "cache"
    for image_id, content in ((ON_DISK, b"data"), (CACHED, b"dat"), (DELETED, b"d")):
        path = cache / image_id
        path.write_bytes(content)
        os.utime(path, (WRITTEN, WRITTEN))


class Images(GabbiFixture):
    """The images that the contract speaks of; written once."""

    def start_fixture(self) -> None:
        glance_site.application()
        _create_images()


class Sites(GabbiFixture):
    """A node with a sites file."""

    def start_fixture(self) -> None:
        glance_site.application()
        path = glance_site.root() / "sites.yaml"
        path.write_text(SITES)
        glance_site.answer_with(glance_site.application_with_options(sites_file=str(path)))

    def stop_fixture(self) -> None:
        glance_site.answer_with(None)


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
