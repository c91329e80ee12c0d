# SPDX-License-Identifier: Apache-2.0
"""Checks of what the nodes share: the driver, the database, the sites file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes import conf
from glance_cache_nodes.cache import DRIVER
from glance_cache_nodes.exception import SitesError, UserError
from glance_cache_nodes.reconcile.check import identity
from glance_cache_nodes.reconcile.check.line import error, success, unknown, warning
from glance_cache_nodes.reconcile.record import Record
from glance_cache_nodes.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings

_MOST_SHOWN = 5
_AT_ONCE = 50


def has_driver(settings: Settings) -> Line:
    """The cache driver writes the record."""
    if settings.driver == DRIVER:
        return success(f"image_cache_driver = {settings.driver}")
    return error(
        f"image_cache_driver = {settings.driver}, which writes no record",
        f"set image_cache_driver = {DRIVER}, and restart glance-api",
    )


def has_tables(settings: Settings) -> Line:
    """The database answers, and has Glance's tables."""
    try:
        record = Record(settings.conf.database, settings.node or "")
        record.read_each_table()
    except UserError as problem:
        remedy = "correct [database] connection, start the database, or run glance-manage db sync"
        return error(str(problem), remedy)
    return success("the database answers, and has Glance's tables")


def is_registered(settings: Settings) -> Line:
    """The record knows the node."""
    record = Record(settings.conf.database, settings.node or "")
    if record.is_registered():
        return success(f"the record knows {settings.node}, with {len(record.rows())} images")
    remedy = "restart glance-api, which registers it, then run glance-cache-nodes reconcile --fix"
    node = settings.node or "a node without worker_self_reference_url"
    return warning(f"the record does not know {node}", remedy)


def are_others_up(settings: Settings) -> Line:
    """The other nodes of the record take connections; not every network allows it."""
    known = Record(settings.conf.database, settings.node or "").nodes()
    urls = [each for each in known if each != settings.node]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        down = [url for url, is_up in zip(urls, threads.map(identity.answers, urls)) if not is_up]
    if down:
        text = f"{len(down)} of {len(urls)} take no connection from here: {_shown(down)}"
        return unknown(text, "for a removed node: glance-cache-nodes forget URL")
    return success(f"{len(urls)} other nodes take connections")


def _shown(urls: Sequence[str]) -> str:
    more = "" if len(urls) <= _MOST_SHOWN else f" and {len(urls) - _MOST_SHOWN} more"
    return ", ".join(urls[:_MOST_SHOWN]) + more


def has_sites(settings: Settings) -> Line:
    """The sites file can be read, and names every registered node."""
    conf.register(settings.conf)
    path = settings.conf.cache_nodes.sites_file
    if not path:
        return success("no sites file is configured")
    try:
        sites = Sites.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SitesError) as problem:
        return error(f"{path} cannot be used: {problem}", "correct it on every node")
    urls = Record(settings.conf.database, settings.node or "").nodes()
    without = [url for url in sorted({*urls, settings.node or ""} - {""}) if not sites.has(url)]
    if without:
        return warning(
            f"{path} names no site for {_shown(without)}",
            "add them, or remove a node: glance-cache-nodes forget URL",
        )
    gone = [url for url in sites.nodes_named() if url not in urls]
    if gone:
        text = f"{path} names {_shown(gone)}, which never registered"
        return warning(text, "correct the URL, or start that node")
    return success(f"{path} names a site for each of {len(urls)} nodes")
