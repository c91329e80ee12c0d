# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes list``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keystoneauth1.adapter import Adapter
from osc_lib.command import command

from glance_cache_nodes.client import cached_nodes, image_id

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from osc_lib.clientmanager import ClientManager

# A column's heading, and the field of a node in it.
COLUMNS = {"Node Reference URL": "url"}


class ListCacheNodes(command.Lister):
    """The command itself: the shell prints what it returns, and a failure as one line."""

    _description = "List the nodes that hold an image in their cache"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("image", metavar="<image>", help="Image to look for (name or ID)")
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
        """Return the columns' headings, and a row a node.

        Raises:
            CallError: Glance did not answer with the nodes.
        """
        adapter = image_adapter(self.app.client_manager)
        nodes = cached_nodes(adapter, image_id(adapter, parsed_args.image))
        return tuple(COLUMNS), (
            tuple(getattr(node, field) for field in COLUMNS.values()) for node in nodes
        )


def image_adapter(manager: ClientManager) -> Adapter:
    """Return an adapter for the image service, as the options and clouds.yaml describe it.

    ``manager.image`` would ask Glance for its versions first, and repeat a 503 for 15 s.
    """
    config = manager.sdk_connection.config
    return Adapter(
        manager.session,
        service_type=config.get_service_type("image"),
        service_name=config.get_service_name("image"),
        interface=config.get_interface("image"),
        region_name=config.get_region_name("image"),
        endpoint_override=config.get_endpoint("image"),
    )
