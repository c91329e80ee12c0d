# SPDX-License-Identifier: Apache-2.0
"""What a node answers, and the outcome of asking it."""

from __future__ import annotations

import dataclasses
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from glance_cache_nodes import node_url
from glance_cache_nodes.exception import CONNECTION, NOT_IN_SITES_FILE, TIMEOUT, TLS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glance_cache_nodes.exception import NodeError

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

_OF_CODE = {
    CONNECTION: UNREACHABLE,
    TLS: UNREACHABLE,
    TIMEOUT: UNVERIFIED,
    NOT_IN_SITES_FILE: REFUSED,
}

# Characters of another node's words that are passed on.
_LONGEST = 300
_LARGEST = 2**63 - 1  # bytes; a larger number is none that programs in other languages read


_REFUSALS = {401: "it does not accept the token (401)", 403: "its policy refuses (403)"}
_UNVERIFIED = {
    404: "it does not know the image, or may not show it (404)",
    409: "it caches no images, or keeps a record of its own (409)",
}


@dataclasses.dataclass(frozen=True)
class Reply:
    """The reply of a node.

    Attributes:
        status: of HTTP.
        body: at most as long as the limit.
        hint: what is said besides when it refuses the token.
    """

    status: int
    body: bytes = b""
    hint: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - statuses of HTTP

    def outcome(self) -> str:
        """Return the outcome that a status other than success means."""
        if self.status in _REFUSALS:
            return REFUSED
        return UNVERIFIED if self.status in _UNVERIFIED else UNREACHABLE

    def reason(self) -> str:
        """Return why a status other than success was answered, in words for an operator."""
        if self.status in _REFUSALS:
            return _REFUSALS[self.status] + self.hint
        return _UNVERIFIED.get(self.status) or self.status_in_words()

    def status_in_words(self) -> str:
        """Return the status in words that say nothing of an image or a token."""
        if 300 <= self.status < 400:  # noqa: PLR2004
            return f"it redirects elsewhere ({self.status}), which is not followed"
        return f"it answered with the status {self.status}"


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
        return self.is_by_record or self.state not in UNKNOWN

    @property
    def is_by_record(self) -> bool:
        """Whether what the record says of the node counts instead of its answer.

        Its Glance is without this version of the add-on, or its policy refuses to show the state:
        the rule for showing it may be stricter than the one for caching.
        """
        return self.state == UNSUPPORTED or self.status == HTTPStatus.FORBIDDEN


def of_code(error: NodeError) -> str:
    """Return the outcome that an error means."""
    return _OF_CODE[error.code]


def of_error(node: str, error: NodeError) -> Answer:
    """Return the answer for a node that could not be asked."""
    return Answer(node, of_code(error), reason=str(error))


def are_complete(states: Iterable[str]) -> bool:
    """Return whether each of these outcomes says what a node's disk holds."""
    return UNKNOWN.isdisjoint(states)


def of_reply(node: str, image_id: str, reply: Reply) -> Answer:
    """Return what a node says of an image in its reply to ``GET /v2/cache/{image_id}``."""
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
    if other is None or not node_url.are_same(other, node):
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
