# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes list``: the nodes of an image, or all nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osc_lib.command import command

from glance_cache_nodes import client
from glance_cache_nodes.osc.adapter import image_adapter
from glance_cache_nodes.osc.columns import Bytes, OrDash, time_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from keystoneauth1.adapter import Adapter

_URL = "Node Reference URL"
_LONG = ("Site", "State", "On Record", "Size", "Hits", "Last Accessed", "Last Modified", "Reason")
_Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


class ListCacheNodes(command.Lister):
    """The command; the shell prints its result, or a failure as one line."""

    _description = "List the nodes that have an image cached, or all nodes"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        self._parser = parser = super().get_parser(prog_name)
        parser.add_argument(
            "image",
            metavar="<image>",
            nargs="?",
            help="Image to look for (name or ID); without it, all nodes are listed",
        )
        parser.add_argument("--long", action="store_true", help="List all details")
        parser.add_argument(
            "--verify",
            "--verify-nodes",
            dest="verify",
            action="store_true",
            help="Ask every node, and list those that confirm to hold the image; with --long also "
            "what the others say. --verify also stands for OpenStackClient's own option, which "
            "checks certificates: write --verify-nodes where that is not wanted",
        )
        parser.add_argument(
            "--near", metavar="<site>", help="List the nodes nearest to this site first"
        )
        parser.add_argument(
            "--probe", action="store_true", help="Without <image>: ask each node whether it is up"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> _Table:
        """Return the columns' headings, and a row a node.

        Raises:
            CallError: Glance did not answer with the nodes.
        """
        # OpenStackClient takes its own option of this name wherever it stands.
        parsed_args.verify |= bool(self.app.options.verify)
        self._check(parsed_args)
        adapter = image_adapter(self.app.client_manager)
        if parsed_args.image is None:
            return _all_nodes(adapter, parsed_args)
        image_id = client.image_id(adapter, parsed_args.image)
        if not (parsed_args.long or parsed_args.verify):
            found = client.cached_nodes(adapter, image_id, parsed_args.near)
            return (_URL,), [(node.url,) for node in found]
        detail = client.image_detail(adapter, image_id, parsed_args.near, verify=parsed_args.verify)
        if parsed_args.verify and not detail.complete:
            self.app.stderr.write(_incomplete(detail.nodes))
        if parsed_args.long:
            return (_URL, *_LONG), [_long_row(row) for row in detail.nodes]
        return (_URL,), [(row.node,) for row in detail.nodes if row.state == "confirmed"]

    def _check(self, parsed_args: argparse.Namespace) -> None:
        if parsed_args.image is None:
            if parsed_args.verify:
                self._parser.error("--verify needs an <image>; --probe asks whether nodes are up")
        elif parsed_args.probe:
            self._parser.error("--probe lists all nodes: give no <image>, or --verify")


def _all_nodes(adapter: Adapter, parsed_args: argparse.Namespace) -> _Table:
    columns = [_URL, "Site", "Images", "Size"]
    columns += ["Status", "Latency (ms)"] * parsed_args.probe
    columns += ["Last Accessed"] * parsed_args.long
    rows = []
    for node in client.nodes(adapter, parsed_args.near, probe=parsed_args.probe):
        cells: list[object] = [node.url, OrDash(node.site), OrDash(node.images), Bytes(node.bytes)]
        if parsed_args.probe:
            cells += [OrDash(node.status), OrDash(node.latency_ms)]
        if parsed_args.long:
            cells.append(time_text(node.last_accessed))
        rows.append(tuple(cells))
    return tuple(columns), rows


def _long_row(row: client.NodeDetail) -> tuple[object, ...]:
    return (
        row.node,
        OrDash(row.site),
        row.state,
        row.on_record,
        Bytes(row.size),
        OrDash(row.hits),
        time_text(row.last_accessed),
        time_text(row.last_modified),
        OrDash(row.reason),
    )


def _incomplete(rows: Sequence[client.NodeDetail]) -> str:
    silent = {"unreachable", "refused", "unsupported", "unverified"}
    named = ", ".join(f"{row.node} ({row.state})" for row in rows if row.state in silent)
    return f"Not complete, no answer from: {named or 'not known'}\n"
