# SPDX-License-Identifier: Apache-2.0
"""The result of caching or evicting an image on one node."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from glance_cache_nodes.fleet import outcome

if TYPE_CHECKING:
    from glance_cache_nodes.exception import NodeError
    from glance_cache_nodes.fleet.outcome import Answer, Reply

QUEUED = "queued"
ALREADY_CACHED = "already_cached"
EVICTED = "evicted"
ABSENT = "absent"
UNREACHABLE = "unreachable"
REFUSED = "refused"
FAILED = "failed"


@dataclasses.dataclass(frozen=True)
class Result:
    """A result.

    Attributes:
        node: a node reference URL.
        result: one of the above.
        reason: why, in words for an operator; None where the result says all.
    """

    node: str
    result: str
    reason: str | None = None


def without_state(answer: Answer) -> Result | None:
    """Return the result for a node whose state is not known; else None.

    Where the record counts instead of the node's answer, the state is known.
    """
    if answer.is_by_record:
        return None
    if answer.state in {outcome.REFUSED, outcome.UNREACHABLE}:
        return Result(answer.node, answer.state, answer.reason)
    if answer.state == outcome.UNVERIFIED:
        return Result(answer.node, FAILED if answer.status else UNREACHABLE, answer.reason)
    return None


def of_refusal(node: str, reply: Reply) -> Result:
    """Return the result for a node that refused or failed."""
    kind = reply.outcome()
    is_error_of_caller = 400 <= reply.status < 500 and kind != outcome.REFUSED  # noqa: PLR2004
    return Result(node, FAILED if is_error_of_caller else kind, reply.reason())


def of_error(node: str, error: NodeError) -> Result:
    """Return the result for a node that may have got the request, and did not answer."""
    kind = outcome.of_code(error)
    if kind != outcome.UNVERIFIED:
        return Result(node, kind, str(error))
    return Result(node, FAILED, f"it was asked; the outcome is not known: {error}")
