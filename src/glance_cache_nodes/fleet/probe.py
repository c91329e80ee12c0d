# SPDX-License-Identifier: Apache-2.0
"""Whether nodes are up: health check, or without one the list of API versions."""

from __future__ import annotations

import dataclasses
import functools
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.exception import NodeError
    from glance_cache_nodes.fleet.call import Call
    from glance_cache_nodes.net.deadline import Deadline

UP, DOWN = "up", "down"
_WITHOUT_HEALTH_CHECK = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
}


@dataclasses.dataclass(frozen=True)
class Probe:
    """The outcome of probing a node.

    Attributes:
        node: its node reference URL.
        status: ``up`` or ``down``; None for a node that was not asked.
        latency_ms: milliseconds until its answer; None without one.
        reason: why, in words for an operator; None for a node that is up.
    """

    node: str
    status: str | None
    latency_ms: float | None = None
    reason: str | None = None


def probe(call: Call, nodes: Sequence[str]) -> list[Probe]:
    """Ask nodes whether they are up.

    Returns:
        A probe for each node, in their request.
    """
    return call.each(nodes, functools.partial(_probe, call), _failed)


def _probe(call: Call, node: str, deadline: Deadline) -> Probe:
    if call.is_own(node):
        return Probe(node, UP, 0.0)
    started = time.monotonic()
    reply = call.send("GET", node, "/healthcheck", deadline)
    if reply.status in _WITHOUT_HEALTH_CHECK:
        started = time.monotonic()
        reply = call.send("GET", node, "/versions", deadline)
    if reply.is_success or reply.status == HTTPStatus.MULTIPLE_CHOICES:
        return Probe(node, UP, round(1000 * (time.monotonic() - started), 1))
    return Probe(node, DOWN, reason=reply.status_in_words())


def _failed(node: str, error: NodeError) -> Probe:
    status = DOWN if error.was_asked else None
    return Probe(node, status, reason=str(error))
