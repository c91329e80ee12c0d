# SPDX-License-Identifier: Apache-2.0
"""Checks of what the nodes share: the driver, the database, the sites file."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import DRIVER
from glance_cache_nodes.db import image_copies, nodes
from glance_cache_nodes.exception import DatabaseUnavailableError, SitesError
from glance_cache_nodes.reconcile.check import identity
from glance_cache_nodes.reconcile.check.line import error, success, unknown, warning
from glance_cache_nodes.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings

_MOST_SHOWN = 5
_AT_ONCE = 50
_NO_IMAGE = "00000000-0000-0000-0000-000000000000"


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
        database = settings.database
        nodes.find_urls(database)
        image_copies.find_on_node(database, settings.node or "", {_NO_IMAGE})
        image_copies.find_images(database, {_NO_IMAGE})
    except DatabaseUnavailableError as problem:
        remedy = "correct [database] connection, start the database, or run glance-manage db sync"
        return error(f"the database does not answer: {problem}", remedy)
    return success("the database answers, and has Glance's tables")


def is_registered(settings: Settings) -> Line:
    """The record knows the node."""
    database, url = settings.database, settings.node or ""
    if nodes.is_registered(database, url):
        count = len(image_copies.find_on_node(database, url))
        return success(f"the record knows {url}, with {count} images")
    remedy = "restart glance-api, which registers it, then run glance-cache-nodes reconcile --fix"
    node = settings.node or "a node without worker_self_reference_url"
    return warning(f"the record does not know {node}", remedy)


def are_others_up(settings: Settings) -> Line:
    """The other nodes of the record take connections; not every network allows it."""
    known = nodes.find_urls(settings.database)
    urls = [each for each in known if each != settings.node]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = threads.map(functools.partial(identity.answers, settings), urls)
        down = [url for url, is_up in zip(urls, answers) if not is_up]
    if down:
        text = f"{len(down)} of {len(urls)} take no connection from here: {_shown(down)}"
        return unknown(text, "for a removed node: glance-cache-nodes forget URL")
    return success(f"{len(urls)} other nodes take connections")


def _shown(urls: Sequence[str]) -> str:
    more = "" if len(urls) <= _MOST_SHOWN else f" and {len(urls) - _MOST_SHOWN} more"
    return ", ".join(urls[:_MOST_SHOWN]) + more


def has_sites(settings: Settings) -> Line:
    """The sites file can be read, and names every registered node."""
    path = settings.conf.cache_nodes.sites_file
    if not path:
        return success("no sites file is configured")
    try:
        sites = Sites.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SitesError) as problem:
        return error(f"{path} cannot be used: {problem}", "correct it on every node")
    urls = nodes.find_urls(settings.database)
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
