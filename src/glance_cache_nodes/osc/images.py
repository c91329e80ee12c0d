# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes map``: images, and the nodes of each site that hold them."""

from __future__ import annotations

import collections
import shutil
import textwrap
import urllib.parse
from typing import TYPE_CHECKING

from osc_lib.command import command

from glance_cache_nodes import client
from glance_cache_nodes.osc.adapter import image_adapter, image_ids
from glance_cache_nodes.osc.columns import Bytes, Holders, OrDash

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

_SHORT = ("Site", "Image", "Nodes")
_LONG = ("Site", "Image ID", "Name", "Status", "Size", "Nodes", "Nodes of Site")
_FRAME = 10  # characters of the lines around three columns
_WIDEST_SITE, _WIDEST_IMAGE, _NARROWEST_NODES = 16, 36, 18
_Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


class MapCacheNodes(command.Lister):
    """The command itself: the shell prints what it returns, and a failure as one line."""

    _description = "List images by site, and the nodes of the site that hold them"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "images",
            metavar="<image>",
            nargs="*",
            help="Image to look for (name or ID); without it, all that a node holds are listed",
        )
        parser.add_argument("--node", metavar="<url>", help="Only what this node holds")
        parser.add_argument("--site", metavar="<site>", help="Only what nodes of this site hold")
        parser.add_argument(
            "--leftover", action="store_true", help="List copies of images that Glance has deleted"
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="List ID, status and size of each image too, as -f json does",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> _Table:
        """Return the columns' headings, and a row for each site and image.

        Raises:
            CallError: Glance did not answer with the images and the nodes.
        """
        adapter = image_adapter(self.app.client_manager)
        ids = image_ids(adapter, parsed_args.images) if parsed_args.images else None
        found = list(
            client.images(
                adapter,
                image_ids=ids,
                node=parsed_args.node,
                site=parsed_args.site,
                leftover=parsed_args.leftover,
            )
        )
        missing = sorted(set(ids or ()) - {image.image_id for image in found})
        if missing:
            self.app.stderr.write(f"On no node, by the record: {', '.join(missing)}\n")
        rows = _by_site(found, _Sites(client.nodes(adapter)), parsed_args)
        is_long = parsed_args.long or parsed_args.columns or parsed_args.formatter != "table"
        return _long_table(rows) if is_long else _short_table(rows)


class _Sites:
    """The nodes by site, each node with the shortest name that tells it from the others."""

    def __init__(self, nodes: Iterable[client.Node]) -> None:
        self._of_url = {node.url: node.site or node.url for node in nodes}
        self.nodes = collections.defaultdict(list)
        for url, site in self._of_url.items():
            self.nodes[site].append(url)
        self._short = _short_names(list(self._of_url))

    def of(self, url: str) -> str:
        """Return the site of a node; its URL where nothing is known of it."""
        return self._of_url.get(url, url)

    def short(self, url: str) -> str:
        """Return the short name of a node."""
        return self._short.get(url, url)


def _short_names(urls: Sequence[str]) -> dict[str, str]:
    # The first label of the host where that is another one for each, else the host, else with port.
    parts = [urllib.parse.urlsplit(url) for url in urls]
    hosts = [each.hostname or each.netloc for each in parts]
    first = [host.partition(".")[0] for host in hosts]
    names = [each.netloc or url for url, each in zip(urls, parts)]
    for shorter in (hosts, first):
        if len(set(shorter)) == len(urls) and not any(name.isdigit() for name in shorter):
            names = shorter
    return dict(zip(urls, names))


class _Row:
    """An image on a site."""

    def __init__(self, site: str, image: client.CachedImage, held: list[str], sites: _Sites):
        self.site, self.image, self.held = site, image, held
        self.all = list(dict.fromkeys([*sites.nodes[site], *held]))
        self._sites = sites

    def holders(self) -> str:
        """Return which nodes hold the image, by the names that are fewer."""
        others = [url for url in self.all if url not in set(self.held)]
        count = f"{len(self.held)} of {len(self.all)}"
        if not others:
            return f"all {len(self.all)}" if len(self.all) > 1 else count
        if len(others) < len(self.held):
            return f"{count}, not {self._named(others)}"
        return f"{count}: {self._named(self.held)}"

    def _named(self, urls: list[str]) -> str:
        return ", ".join(map(self._sites.short, urls))


def _by_site(
    images: Sequence[client.CachedImage], sites: _Sites, wanted: argparse.Namespace
) -> list[_Row]:
    rows = []
    for image in images:
        held = collections.defaultdict(list)
        for url in image.cached_nodes:
            if wanted.node in (None, url) and wanted.site in (None, sites.of(url)):
                held[sites.of(url)].append(url)
        rows += [_Row(site, image, urls, sites) for site, urls in held.items()]
    return sorted(rows, key=lambda row: (row.site, row.image.name or row.image.image_id))


def _long_table(rows: Sequence[_Row]) -> _Table:
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


def _short_table(rows: Sequence[_Row]) -> _Table:
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
