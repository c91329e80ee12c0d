# SPDX-License-Identifier: Apache-2.0
"""Evict an image from chosen nodes: first each state, then each node's own Glance."""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.fleet import outcome, result
from glance_cache_nodes.fleet.result import Result
from glance_cache_nodes.fleet.verify import verify

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from glance_cache_nodes.fleet.call import Call
    from glance_cache_nodes.fleet.outcome import Answer
    from glance_cache_nodes.net.deadline import Deadline

# Of the time of the call, for finding out what the nodes hold.
_TO_LOOK = 0.5

_GOES_ON = (
    "Glance is fetching the image there and does not stop: the node will hold it in the end; "
    "evict it again then"
)
_WITHOUT_ROW = (
    "Glance evicts no file without a row (404): "
    "run `glance-cache-nodes reconcile --fix` on the node"
)


def evict(
    call: Call,
    image_id: str,
    nodes: Sequence[str],
    on_record: Collection[str],
    *,
    is_gone: bool = False,
) -> list[Result]:
    """Evict an image from nodes.

    Args:
        call: on whose behalf.
        image_id: a UUID; the image need not exist any more.
        nodes: node reference URLs that are registered.
        on_record: the nodes that hold it by the record.
        is_gone: whether Glance has deleted it, for all nodes; the caller is an admin.

    Returns:
        A result for each node, in their request.
    """
    asked = verify(call, image_id, nodes, is_gone=is_gone, part=_TO_LOOK)
    answers = {answer.node: answer for answer in asked}
    results = {node: _known_before(answers[node], on_record) for node in nodes}
    to_tell = [node for node, known in results.items() if known is None]
    tell = functools.partial(_tell, call, image_id, answers)
    results.update((each.node, each) for each in call.each(to_tell, tell, result.of_error))
    return [each for each in results.values() if each is not None]


def _known_before(answer: Answer, on_record: Collection[str]) -> Result | None:
    """Return the result for a node that needs no request; else None."""
    if answer.node in on_record:
        return result.without_state(answer)
    if answer.state in {outcome.ABSENT, outcome.FAILED}:
        return Result(answer.node, result.ABSENT)
    if answer.state == outcome.UNSUPPORTED:
        return Result(answer.node, result.ABSENT, "by the record: the node does not say")
    return result.without_state(answer)


def _tell(
    call: Call, image_id: str, answers: Mapping[str, Answer], node: str, deadline: Deadline
) -> Result:
    state = answers[node].state
    reply = call.send("DELETE", node, f"/v2/cache/{image_id}", deadline)
    if reply.status == HTTPStatus.NOT_FOUND and state in {outcome.CONFIRMED, outcome.DAMAGED}:
        return Result(node, result.FAILED, _WITHOUT_ROW)
    if reply.status == HTTPStatus.NOT_FOUND:
        return Result(node, result.ABSENT)
    if not reply.is_success:
        return result.of_refusal(node, reply)
    if state == outcome.CACHING:
        return Result(node, result.FAILED, _GOES_ON)
    return Result(node, result.EVICTED)
