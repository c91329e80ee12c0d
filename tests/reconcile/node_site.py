# SPDX-License-Identifier: Apache-2.0
"""A node without a Glance that runs: its cache directory, and Glance's tables in SQLite."""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import tempfile
import time
import uuid
from pathlib import Path

import sqlalchemy as sa
from glance.common import config
from glance.db.sqlalchemy import models
from glance.image_cache import image_cache_opts
from oslo_config import cfg
from oslo_db import options

from glance_cache_nodes.db import image_copies, write
from glance_cache_nodes.reconcile import settings as configuration
from glance_cache_nodes.reconcile.run import Run, RunOptions
from glance_cache_nodes.reconcile.settings import LocalNode, Settings

NODE = "http://node1:9292"
OTHER = "http://node2:9292"
PAST = datetime.datetime(2026, 1, 2, 3, 4, 5)
FAR_PAST = PAST - datetime.timedelta(days=1)


class Site:
    """A node; methods make what Glance or an accident would have made."""

    def __init__(self, root: Path, node: str = NODE) -> None:
        self.node, self.directory = node, root / "cache"
        for name in ("incomplete", "invalid", "queue"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.url = f"sqlite:///{root}/glance.sqlite"
        (root / "glance.sqlite").write_bytes(tables())
        self.engine = sa.create_engine(self.url)
        self.file = root / "glance-api.conf"
        self.file.write_text(
            f"[DEFAULT]\nimage_cache_dir = {self.directory}\n"
            f"worker_self_reference_url = {node}\n[database]\nconnection = {self.url}\n"
        )

    def image(self, data: bytes = b"data", **changes: object) -> str:
        """Write an image with these bytes; return its ID."""
        image_id = str(changes.pop("id", uuid.uuid4()))
        values = {
            "id": image_id,
            "status": "active",
            "visibility": "private",
            "os_hidden": False,
            "protected": False,
            "min_disk": 0,
            "min_ram": 0,
            "deleted": False,
            "size": len(data),
            "checksum": hashlib.md5(data).hexdigest(),
            "os_hash_algo": "sha512",
            "os_hash_value": hashlib.sha512(data).hexdigest(),
            "created_at": PAST,
            "updated_at": PAST,
        }
        with self.engine.begin() as connection:
            connection.execute(sa.insert(models.Image.__table__).values({**values, **changes}))
        return image_id

    def write(self, image_id: str, data: bytes = b"data", written: object = None) -> Path:
        """Write a cached file, last written at a time in UTC."""
        path = self.directory / image_id
        path.write_bytes(data)
        if isinstance(written, datetime.datetime):
            seconds = written.replace(tzinfo=datetime.timezone.utc).timestamp()
            os.utime(path, (seconds, seconds))
        return path

    def row(self, image_id: str, size: int = 4, node: str | None = None) -> None:
        """Write a row."""
        write.add(settings(self).database, node or self.node, image_id, size)

    def cached(self, data: bytes = b"data", **changes: object) -> str:
        """Write an image that is cached well."""
        image_id = self.image(data, **changes)
        self.write(image_id, data)
        self.row(image_id, len(data))
        return image_id

    def rows(self, node: str | None = None) -> dict[str, int]:
        """Return the sizes of a node's rows by image ID."""
        return image_copies.find_on_node(settings(self).database, node or self.node)

    def files(self) -> set[str]:
        """Return the names of what lies in the cache directory, but for Glance's directories."""
        return {path.name for path in self.directory.iterdir() if path.is_file()}


@functools.cache
def tables() -> bytes:
    """Return an SQLite file with Glance's tables."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "tables")
        models.BASE.metadata.create_all(sa.create_engine(f"sqlite:///{path}"))
        return path.read_bytes()


def local_node(site: Site) -> LocalNode:
    """Return the node of the site, with a stall time of a day."""
    return LocalNode(site.node, site.directory, 86400.0, settings(site).database)


def run(site: Site, *, says: list[str] | None = None, **wanted: object):
    """Run reconcile on the site, without a grace."""
    tell = says.append if says is not None else lambda _: None
    return Run(local_node(site), RunOptions(**{"grace": 0.0, **wanted}), tell).do()


def names(report) -> dict[str, str]:
    """Return the findings by image ID."""
    return {each.case.image_id: each.kind.name for each in report.findings}


def long_ago(path: Path) -> None:
    """Let a file look as if nobody had written it for a day."""
    old = time.time() - 90000
    os.utime(path, (old, old))


def settings(site: Site, **changes: object) -> Settings:
    """Return the node's configuration, without touching the one that all of Glance shares."""
    conf = cfg.ConfigOpts()
    conf.register_opts([*config.common_opts, *image_cache_opts])
    conf.register_opts(config.paste_deploy_opts, "paste_deploy")
    conf.register_opts(options.database_opts, "database")
    conf.set_default("flavor", "keystone+cachemanagement", "paste_deploy")
    conf([], default_config_files=[str(site.file)], default_config_dirs=[])
    for name, value in changes.items():
        conf.set_override(name, value)
    return configuration.of(conf, [str(site.file)])
