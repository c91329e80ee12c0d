# SPDX-License-Identifier: Apache-2.0
"""Ask nodes for the state of an image on their disks."""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.fleet import outcome
from glance_cache_nodes.fleet.outcome import Answer
from glance_cache_nodes.fleet.turn import ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glance_cache_nodes.fleet.call import Call
    from glance_cache_nodes.fleet.turn import Turn


def ask(
    call: Call,
    image_id: str,
    nodes: Sequence[str],
    *,
    is_gone: bool = False,
    part: float = 1.0,
) -> list[Answer]:
    """Ask nodes for the state of an image.

    Args:
        call: on whose behalf.
        image_id: a UUID.
        nodes: node reference URLs that are registered.
        is_gone: whether Glance has deleted the image, for all nodes; the caller is an admin.
        part: of the time of the call, after which it ends.

    Returns:
        An answer for each node, in their order.
    """
    job = functools.partial(_ask, call, image_id, is_gone)
    return call.each(nodes, job, outcome.of_error, part)


def is_complete(answers: Iterable[Answer]) -> bool:
    """Return whether each node reported its disk."""
    return not any(answer.state in outcome.UNKNOWN for answer in answers)


def _ask(call: Call, image_id: str, is_gone: bool, node: str, turn: Turn) -> Answer:  # noqa: FBT001
    if node == call.own.url:
        turn.awaited = ANSWER
        return call.own.look()
    reply = call.send("GET", node, f"/v2/cache/{image_id}", turn)
    if is_gone and reply.status == HTTPStatus.NOT_FOUND:
        # What a node answers to an admin when it has nothing of an image that Glance has not.
        return Answer(node, outcome.ABSENT, status=reply.status)
    return outcome.of_reply(node, image_id, reply)
