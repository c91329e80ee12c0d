# SPDX-License-Identifier: Apache-2.0
"""Tables of images by site."""

from __future__ import annotations

import collections
import shutil
import textwrap
import urllib.parse
from typing import TYPE_CHECKING

from glance_cache_nodes.osc.columns import Bytes, Holders, OrDash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glance_cache_nodes import client

_SHORT = ("Site", "Image", "Nodes")
_LONG = ("Site", "Image ID", "Name", "Status", "Size", "Nodes", "Nodes of Site")
_FRAME = 10  # characters of the lines around three columns
_WIDEST_SITE, _WIDEST_IMAGE, _NARROWEST_NODES = 16, 36, 18
Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


class Sites:
    """The nodes by site, each with its shortest unique name."""

    def __init__(self, nodes: Iterable[client.Node]) -> None:
        self._of_url = {node.url: node.site or node.url for node in nodes}
        self.nodes = collections.defaultdict(list)
        for url, site in self._of_url.items():
            self.nodes[site].append(url)
        self._short = _short_names(list(self._of_url))

    def of(self, url: str) -> str:
        """Return the site of a node; its URL if unknown."""
        return self._of_url.get(url, url)

    def short(self, url: str) -> str:
        """Return the short name of a node."""
        return self._short.get(url, url)


def _short_names(urls: Sequence[str]) -> dict[str, str]:
    # The first label of the host where that is another one for each, else the host, else with port.
    parts = [_host_and_place(url) for url in urls]
    hosts = [host for host, _ in parts]
    first = [host.partition(".")[0] for host in hosts]
    names = [place or url for url, (_, place) in zip(urls, parts)]
    for shorter in (hosts, first):
        if len(set(shorter)) == len(urls) and not any(name.isdigit() for name in shorter):
            names = shorter
    return dict(zip(urls, names))


def _host_and_place(url: str) -> tuple[str, str]:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # such as http://[fd00::1:9292
        return url, url
    return parts.hostname or parts.netloc, parts.netloc


class Row:
    """An image on a site."""

    def __init__(self, site: str, image: client.CachedImage, held: list[str], sites: Sites):
        self.site, self.image, self.held = site, image, held
        self.all = list(dict.fromkeys([*sites.nodes[site], *held]))
        self._sites = sites

    def holders(self) -> str:
        """Return the nodes with the image, or those without, whichever are fewer."""
        others = [url for url in self.all if url not in set(self.held)]
        count = f"{len(self.held)} of {len(self.all)}"
        if not others:
            return f"all {len(self.all)}" if len(self.all) > 1 else count
        if len(others) < len(self.held):
            return f"{count}, not {self._named(others)}"
        return f"{count}: {self._named(self.held)}"

    def _named(self, urls: list[str]) -> str:
        return ", ".join(map(self._sites.short, urls))


def by_site(
    images: Sequence[client.CachedImage], sites: Sites, node: str | None, site: str | None
) -> list[Row]:
    """Return the images of each site, by site and then by name.

    Args:
        images: of the map.
        sites: the nodes.
        node: only this one; None for all.
        site: only this one; None for all.
    """
    rows = []
    for image in images:
        held = collections.defaultdict(list)
        for url in image.cached_nodes:
            if node in (None, url) and site in (None, sites.of(url)):
                held[sites.of(url)].append(url)
        rows += [Row(site, image, urls, sites) for site, urls in held.items()]
    return sorted(rows, key=lambda row: (row.site, row.image.name or row.image.image_id))


def long_table(rows: Sequence[Row]) -> Table:
    """Return the table with a column for each field."""
    return _LONG, [
        (
            row.site,
            row.image.image_id,
            OrDash(row.image.name),
            OrDash(row.image.status),
            Bytes(row.image.size),
            Holders((" ".join(row.held), row.held)),
            len(row.all),
        )
        for row in rows
    ]


def short_table(rows: Sequence[Row]) -> Table:
    """Return the table for a terminal, as wide as it."""
    labels = _labels([row.image for row in rows])
    site_width = min(max([len(row.site) for row in rows], default=0), _WIDEST_SITE)
    image_width = min(max(map(len, labels.values()), default=0), _WIDEST_IMAGE)
    left = shutil.get_terminal_size().columns - _FRAME - site_width - image_width
    nodes_width = max(left, _NARROWEST_NODES)
    return _SHORT, [
        (
            _wrapped(row.site, site_width),
            _wrapped(labels[row.image.image_id], image_width),
            Holders((_wrapped(row.holders(), nodes_width), row.held)),
        )
        for row in rows
    ]


def _labels(images: Sequence[client.CachedImage]) -> dict[str, str]:
    # A name where it tells the image from the others, else the ID.
    names = {image.image_id: image.name for image in images}
    count = collections.Counter(names.values())
    return {
        each: name if name and name.isprintable() and count[name] == 1 else each
        for each, name in names.items()
    }


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, max(width, 1), break_on_hyphens=False)) or text
