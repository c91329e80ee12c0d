# SPDX-License-Identifier: Apache-2.0
"""The outcome of asking a node."""

from __future__ import annotations

import dataclasses
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glance_cache_nodes.exception import NodeError
    from glance_cache_nodes.fleet.reply import Reply

CONFIRMED = "confirmed"
DAMAGED = "damaged"
QUEUED = "queued"
CACHING = "caching"
FAILED = "failed"
ABSENT = "absent"
UNSUPPORTED = "unsupported"
REFUSED = "refused"
UNREACHABLE = "unreachable"
UNVERIFIED = "unverified"

OUTCOMES = {
    "cached": CONFIRMED,
    **{state: state for state in (DAMAGED, QUEUED, CACHING, FAILED, ABSENT)},
}
"""The outcome for each state that a node tells."""

UNKNOWN = {UNSUPPORTED, REFUSED, UNREACHABLE, UNVERIFIED}
"""The outcomes that do not say what the node's disk holds."""

# Characters of another node's words that are passed on.
_LONGEST = 300
_LARGEST = 2**63 - 1  # bytes; a larger number is none that programs in other languages read


@dataclasses.dataclass(frozen=True)
class Answer:
    """The outcome of asking one node for one image.

    Attributes:
        node: its node reference URL.
        state: one of the outcomes.
        size: bytes on its disk; None where not known.
        last_modified: when the file was last written, in UTC as ISO 8601; None where not known.
        reason: why, in words for an operator; None where the state says all.
        cache_max_size: the node's ``image_cache_max_size``, in bytes; None where not known.
        status: of HTTP, with which it answered; None where it did not.
    """

    node: str
    state: str
    size: int | None = None
    last_modified: str | None = None
    reason: str | None = None
    cache_max_size: int | None = None
    status: int | None = None

    @property
    def can_be_told(self) -> bool:
        """Whether its Glance answers and takes requests."""
        return self.does_not_tell or self.state not in UNKNOWN

    @property
    def does_not_tell(self) -> bool:
        """Whether the record counts instead: it can not tell, or its policy does not let it.

        The rule for telling may be stricter than the one for caching.
        """
        return self.state == UNSUPPORTED or self.status == HTTPStatus.FORBIDDEN


def of_error(node: str, error: NodeError) -> Answer:
    """Return the answer for a node that could not be asked."""
    return Answer(node, error.outcome, reason=str(error))


def of_reply(node: str, image_id: str, reply: Reply) -> Answer:
    """Return what a node says of an image in its reply to ``GET /v2/cache/{image_id}``.

    Args:
        node: its node reference URL.
        image_id: the image that it was asked for.
        reply: what it answered.
    """
    answer = _of_reply(node, image_id, reply)
    return dataclasses.replace(answer, status=reply.status)


def _of_reply(node: str, image_id: str, reply: Reply) -> Answer:
    if reply.status == HTTPStatus.METHOD_NOT_ALLOWED:
        reason = "its Glance has no glance-cache-nodes, or an older one"
        return Answer(node, UNSUPPORTED, reason=reason)
    if not reply.is_success:
        return Answer(node, reply.outcome(), reason=reply.reason())
    return _of_body(node, image_id, reply.body)


def _of_body(node: str, image_id: str, body: bytes) -> Answer:
    said = _object(body)
    state = OUTCOMES.get(_text(said.get("state")) or "")
    if state is None or said.get("image_id") != image_id:
        return Answer(node, UNREACHABLE, reason="its answer is not that of glance-cache-nodes")
    other = _text(said.get("node"))
    if other != node:
        reason = f"it answers as {other or 'a node without a name'}"
        return Answer(node, UNVERIFIED, reason=reason)
    return Answer(
        node,
        state,
        _number(said.get("size")),
        _text(said.get("last_modified")),
        _text(said.get("reason")),
        _number(said.get("cache_max_size")),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return "".join(each if each.isprintable() else "?" for each in value[:_LONGEST])


def _number(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST else None
