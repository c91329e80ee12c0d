# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes queue`` and ``delete``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from osc_lib.command import command

from glance_cache_nodes import client
from glance_cache_nodes.client.waiting import TIMEOUT
from glance_cache_nodes.osc import progress, transfers
from glance_cache_nodes.osc.adapter import image_adapter, image_ids
from glance_cache_nodes.osc.outcome import COLUMNS, Outcome, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keystoneauth1.adapter import Adapter

_Table = tuple[tuple[str, ...], list[tuple[object, ...]]]
_Progress = dict[tuple[str, str], client.NodeProgress]


class QueueCacheNodes(command.Lister):
    """The command; the shell prints its result, or a failure as one line."""

    _description = "Cache images on nodes"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        self._parser = parser = super().get_parser(prog_name)
        _add_images(parser, "cache")
        chosen = parser.add_mutually_exclusive_group(required=True)
        _add_nodes(chosen)
        chosen.add_argument(
            "--count",
            metavar="<number>",
            type=_positive,
            help="Number of nodes that are to have the image",
        )
        parser.add_argument(
            "--per-site",
            metavar="<number>",
            type=_positive,
            help="With --site: number of nodes of each site that are to have it",
        )
        parser.add_argument(
            "--wait", action="store_true", help="Wait until the nodes have cached the images"
        )
        parser.add_argument(
            "--timeout",
            metavar="<seconds>",
            type=_seconds,
            help=f"With --wait: limit of the wait (default: {TIMEOUT:g})",
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print the table, and return the exit status."""
        self._outcome = Outcome(self.app.stderr)
        return int(super().run(parsed_args) or self._outcome.failed)

    def take_action(self, parsed_args: argparse.Namespace) -> _Table:
        """Return the columns' headings, and a row for each image and node.

        Raises:
            CallError: Glance did not answer with results for any image.
        """
        if parsed_args.per_site is not None and parsed_args.site is None:
            self._parser.error("--per-site needs --site")
        if parsed_args.timeout is not None and not parsed_args.wait:
            self._parser.error("--timeout needs --wait")
        adapter = image_adapter(self.app.client_manager)
        placements = self._outcome.each(
            image_ids(adapter, parsed_args.images),
            lambda image_id: client.queue(
                adapter,
                image_id,
                nodes=parsed_args.node,
                sites=parsed_args.site,
                per_site=parsed_args.per_site,
                all_nodes=parsed_args.all,
                count=parsed_args.count,
            ),
        )
        timeout = TIMEOUT if parsed_args.timeout is None else parsed_args.timeout
        waited = self._wait(adapter, placements, timeout) if parsed_args.wait else {}
        return COLUMNS, rows(placements, waited)

    def _wait(
        self, adapter: Adapter, placements: Sequence[client.Placement], timeout: float
    ) -> _Progress:
        try:
            with progress.shown_on(self.app.stderr) as show:
                nodes = client.wait_until_cached(
                    adapter, placements, timeout, lambda nodes: show(transfers.of_nodes(nodes))
                )
        except client.NotCachedError as failure:
            self._outcome.say(str(failure))
            nodes = failure.nodes
        except client.CallError as failure:
            self._outcome.say(str(failure))
            nodes = ()
        except KeyboardInterrupt:
            self.app.stderr.write("Interrupted; the nodes continue with accepted images.\n")
            raise
        return {(each.image_id, each.node): each for each in nodes}


class DeleteCacheNodes(command.Lister):
    """The command; the shell prints its result, or a failure as one line."""

    _description = "Evict images from nodes; Glance keeps the images"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        self._parser = parser = super().get_parser(prog_name)
        _add_images(parser, "delete from the caches")
        _add_nodes(parser)
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print the table, and return the exit status."""
        self._outcome = Outcome(self.app.stderr)
        return int(super().run(parsed_args) or self._outcome.failed)

    def take_action(self, parsed_args: argparse.Namespace) -> _Table:
        """Return the columns' headings, and a row for each image and node.

        Raises:
            CallError: Glance did not answer with results for any image.
        """
        nodes, sites = parsed_args.node or [], parsed_args.site or []
        if parsed_args.all and (nodes or sites):
            self._parser.error("--all excludes --node and --site")
        if not (parsed_args.all or nodes or sites):
            self._parser.error("one of --node, --site and --all is required")
        adapter = image_adapter(self.app.client_manager)
        placements = self._outcome.each(
            image_ids(adapter, parsed_args.images),
            lambda image_id: client.evict(
                adapter, image_id, nodes=nodes, sites=sites, all_nodes=parsed_args.all
            ),
        )
        return COLUMNS, rows(placements, {})


def _add_images(parser: argparse.ArgumentParser, does: str) -> None:
    parser.add_argument(
        "images", metavar="<image>", nargs="+", help=f"Image to {does} (name or ID)"
    )


def _add_nodes(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--node",
        metavar="<url>",
        action="append",
        help="Node reference URL (repeatable)",
    )
    parser.add_argument(
        "--site",
        metavar="<site>",
        action="append",
        help="All nodes of a site (repeatable)",
    )
    parser.add_argument("--all", action="store_true", help="Every node")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value
