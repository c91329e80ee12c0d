# SPDX-License-Identifier: Apache-2.0
"""Cache an image on chosen nodes: first each state, then each node's own Glance."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from typing import TYPE_CHECKING

from glance_cache_nodes.fleet import outcome, result
from glance_cache_nodes.fleet.choose import Group, choose, holds
from glance_cache_nodes.fleet.result import Result
from glance_cache_nodes.fleet.verify import verify

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from glance_cache_nodes.fleet.call import Call
    from glance_cache_nodes.fleet.outcome import Answer
    from glance_cache_nodes.net.deadline import Deadline

# Of the time of the call, for finding out what the nodes hold.
_TO_LOOK = 0.5
# Seconds after which a fetch that has written nothing, or not begun, is taken to have ended: the
# worker of a Glance that was restarted has forgotten it. To ask again while it writes would let
# two write into one file.
_STALE = 600


@dataclasses.dataclass(frozen=True)
class PlacementRequest:
    """The image to cache, and what is known before nodes are asked.

    Attributes:
        image_id: a UUID.
        size: of the image in bytes; None where not known.
        groups: the nodes to choose from.
        on_record: the nodes that hold it by the record.
        used: bytes on record by node.
        may_place: the nodes that take new images.
    """

    image_id: str
    size: int | None
    groups: Sequence[Group]
    on_record: Collection[str]
    used: Mapping[str, int]
    may_place: Collection[str]


def place(call: Call, request: PlacementRequest) -> list[Result]:
    """Cache an image on nodes.

    Returns:
        A result for each node that was chosen, sorted by node.
    """
    candidates = sorted({node for group in request.groups for node in group.nodes})
    asked = verify(call, request.image_id, candidates, part=_TO_LOOK)
    answers = {answer.node: answer for answer in asked}
    usable = _usable(request, answers)
    chosen = choose(request.groups, answers, request.on_record, request.used, usable)
    results = {node: _known_before(request, answers[node]) for node in chosen}
    to_tell = [node for node, known in results.items() if known is None]
    told = call.each(to_tell, functools.partial(_tell, call, request, answers), result.of_error)
    results.update((each.node, each) for each in told)
    return [each for each in results.values() if each is not None]


def _usable(request: PlacementRequest, answers: Mapping[str, Answer]) -> dict[str, bool]:
    """Return, for each node that takes new images, whether this one can be cached now."""
    return {
        node: answers[node].can_be_told and _is_too_large(request, answers[node]) is None
        for node in answers
        if node in request.may_place
    }


def _known_before(request: PlacementRequest, answer: Answer) -> Result | None:
    """Return the result for a node that gets no request; else None."""
    node, state = answer.node, answer.state
    if state == outcome.CONFIRMED:
        return Result(node, result.ALREADY_CACHED)
    if answer.is_by_record and holds(answer, request.on_record):
        return Result(node, result.ALREADY_CACHED, "by the record: the node does not say")
    if node not in request.may_place:
        return Result(node, result.REFUSED, "no_place in the sites file: nothing is placed there")
    if state in {outcome.QUEUED, outcome.CACHING} and not _is_stale(answer):
        done = f", {answer.size} bytes so far" if answer.size else ""
        return Result(node, result.QUEUED, f"it is {state} there already{done}")
    too_large = _is_too_large(request, answer)
    if too_large:
        return Result(node, result.REFUSED, too_large)
    return result.without_state(answer)


def _is_too_large(request: PlacementRequest, answer: Answer) -> str | None:
    limit = answer.cache_max_size
    if limit is None or request.size is None or request.size <= limit:
        return None
    return f"the image has {request.size} bytes, its image_cache_max_size is {limit}"


def _tell(
    call: Call,
    request: PlacementRequest,
    answers: Mapping[str, Answer],
    node: str,
    deadline: Deadline,
) -> Result:
    path = f"/v2/cache/{request.image_id}"
    if answers[node].state == outcome.DAMAGED:
        # Else the node would serve the damaged file until the new one is there, and its row would
        # keep the size of the old one. A caller who may not evict can still have it cached.
        reply = call.send("DELETE", node, path, deadline)
        if not reply.is_success and reply.outcome() != outcome.REFUSED:
            return result.of_refusal(node, reply)
    reply = call.send("PUT", node, path, deadline)
    if not reply.is_success:
        return result.of_refusal(node, reply)
    return Result(node, result.QUEUED)


def _is_stale(answer: Answer) -> bool:
    try:
        moment = datetime.datetime.fromisoformat((answer.last_modified or "").rstrip("Z"))
    except ValueError:
        return False
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    return (now - moment.replace(tzinfo=None)).total_seconds() > _STALE
