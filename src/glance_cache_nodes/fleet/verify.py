# SPDX-License-Identifier: Apache-2.0
"""Ask nodes for the state of an image on their disks."""

from __future__ import annotations

import dataclasses
import functools
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.fleet import outcome
from glance_cache_nodes.fleet.outcome import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.fleet.call import Call
    from glance_cache_nodes.net.deadline import Deadline


def verify(
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


def _ask(  # positional, as functools.partial gives them
    call: Call,
    image_id: str,
    is_gone: bool,  # noqa: FBT001
    node: str,
    deadline: Deadline,
) -> Answer:
    if call.is_own(node):
        return dataclasses.replace(call.own.look(), node=node)
    reply = call.send("GET", node, f"/v2/cache/{image_id}", deadline)
    if is_gone and reply.status == HTTPStatus.NOT_FOUND:
        # What a node answers to an admin when it has nothing of an image that Glance has not.
        return Answer(node, outcome.ABSENT, status=reply.status)
    return outcome.of_reply(node, image_id, reply)
