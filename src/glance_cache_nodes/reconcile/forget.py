# SPDX-License-Identifier: Apache-2.0
"""Remove a node from the record, or move its rows to its new URL."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import local_image
from glance_cache_nodes.db import image_copies, nodes, write
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile.check import identity

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from glance_cache_nodes.reconcile.settings import Settings


@dataclasses.dataclass(frozen=True)
class Plan:
    """What forgetting a node would do.

    Attributes:
        node: its URL.
        now_called: the URL that takes its rows; None when nobody does.
        removed: the images whose rows go.
        handed_on: the images whose rows are handed on: their files were found.
        answers: whether something still takes connections at the node's URL.
        refused: why not to do it; None when nothing is against it.
    """

    node: str
    now_called: str | None
    removed: Sequence[str]
    handed_on: Sequence[str]
    answers: bool
    refused: str | None


def plan(settings: Settings, url: str, now_called: str | None = None) -> Plan:
    """Return what forgetting a node would do; nothing is changed.

    Args:
        settings: of the node that this runs on; with ``now_called``, of that node.
        url: of the node to forget.
        now_called: its new URL.

    Raises:
        UserError: the record does not know the node, the database does not answer, the new URL
            is empty or the old one, or this is not the node with the new URL.
    """
    if now_called in {"", url}:
        raise UserError(f"the new URL {now_called!r} names no other node than {url}")
    database = settings.database
    if not nodes.is_registered(database, url):
        known = ", ".join(nodes.find_urls(database)) or "none"
        raise UserError(f"the record knows no node {url}; it knows {known}")
    rows = image_copies.find_on_node(database, url)
    confirmed = _confirmed(settings, set(rows), now_called) if now_called else []
    removed = sorted(rows.keys() - set(confirmed))
    answers = identity.answers(settings, url)
    refused = None
    if answers:
        refused = f"{url} still takes connections; stop the node, or use --force"
    elif now_called and rows and not confirmed:
        refused = (
            f"the cache directory of {now_called} holds none of the images of {url}; is it the "
            "same node? --force removes the rows"
        )
    return Plan(url, now_called, removed, confirmed, answers, refused)


def carry_out(settings: Settings, wanted: Plan) -> None:
    """Do what a plan says, all or nothing.

    Raises:
        UserError: the database does not answer, or the node has just cached another image.
    """
    write.forget(settings.database, wanted.node, wanted.now_called, wanted.handed_on)


def _confirmed(settings: Settings, image_ids: Collection[str], now_called: str) -> list[str]:
    """Return the images that lie whole in this node's cache directory."""
    node = settings.local_node()
    if node.url != now_called:
        raise UserError(
            f"this node is {node.url}; run the command on {now_called}, which has the files"
        )
    found = []
    for image_id, image in image_copies.find_images(settings.database, image_ids).items():
        local = local_image.look(node.directory, image_id, image.known_size)
        if not image.is_gone and image.known_size is not None and local.state == local_image.CACHED:
            found.append(image_id)
    return sorted(found)
