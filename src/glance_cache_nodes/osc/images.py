# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes map``: images and their nodes by site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osc_lib.command import command

from glance_cache_nodes import client
from glance_cache_nodes.osc.adapter import image_adapter, image_ids
from glance_cache_nodes.osc.sites_table import Sites, by_site, long_table, short_table

if TYPE_CHECKING:
    import argparse

    from glance_cache_nodes.osc.sites_table import Table


class MapCacheNodes(command.Lister):
    """The command; the shell prints its result, or a failure as one line."""

    _description = "List the cached images of each site and their nodes"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "images",
            metavar="<image>",
            nargs="*",
            help="Image to look for (name or ID); without it, all cached images are listed",
        )
        parser.add_argument("--node", metavar="<url>", help="Only images of this node")
        parser.add_argument("--site", metavar="<site>", help="Only images of this site")
        parser.add_argument("--leftover", action="store_true", help="List copies of deleted images")
        parser.add_argument(
            "--long",
            action="store_true",
            help="Also list ID, status and size",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
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
        sites = Sites(client.nodes(adapter))
        rows = by_site(found, sites, parsed_args.node, parsed_args.site)
        is_long = parsed_args.long or parsed_args.columns or parsed_args.formatter != "table"
        return long_table(rows) if is_long else short_table(rows)
