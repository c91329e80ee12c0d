# SPDX-License-Identifier: Apache-2.0
"""Every status that the add-on answers with, and how results and refusals become responses."""

from __future__ import annotations

import dataclasses
import datetime
import json
import uuid
from typing import TYPE_CHECKING

import webob
import webob.exc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RETRY_AFTER = "5"  # seconds


@dataclasses.dataclass(frozen=True)
class Status:
    """A status of HTTP."""

    code: int
    when: str


OK = Status(200, "The answer is in the body.")
ACCEPTED = Status(202, "Each chosen node was asked or told. The body has a result for each.")
BAD_REQUEST = Status(
    400,
    "A query parameter or the body is not understood. The message says what is wrong and what "
    "would be right.",
)
UNAUTHORIZED = Status(401, "No valid token.")
FORBIDDEN = Status(
    403,
    "The policy rule of the call refuses the caller, whether the image exists or not; or a caller "
    "who is no admin asks for leftovers.",
)
NOT_FOUND = Status(
    404,
    "No such image, a deleted image, an image that the caller may not see, or an ID that is not "
    "a UUID.",
)
METHOD_NOT_ALLOWED = Status(
    405, "The path does not have this method. ``Allow`` names those that it has."
)
CONFLICT = Status(
    409,
    "This node has no ``image_cache_dir``, or, for what is in the database, its "
    "``image_cache_driver`` is not ``centralized_db``; or the image that is to be cached is not "
    "active.",
)
HEADER_TOO_LARGE = Status(431, "``X-Openstack-Request-Id`` is longer than 64 characters.")
INTERNAL_ERROR = Status(500, "The add-on failed. The log of Glance has the reason.")
UNAVAILABLE = Status(
    503,
    "The database did not answer within ``database_timeout``, or this process makes "
    "``fleet_calls`` calls to other nodes already. ``Retry-After`` gives the seconds until the "
    "next try.",
)

STATUSES = (
    OK,
    ACCEPTED,
    BAD_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CONFLICT,
    HEADER_TOO_LARGE,
    INTERNAL_ERROR,
    UNAVAILABLE,
)
"""All of them, in the order of their numbers."""


def refusal(
    status: Status, explanation: str | None = None, headers: Sequence[tuple[str, str]] = ()
) -> webob.exc.HTTPException:
    """Return a response, which can be raised as well.

    Args:
        status: one of the above.
        explanation: what is wrong and what would be right; webob's own words when None.
        headers: further headers.
    """
    kind = webob.exc.status_map[status.code]
    return kind(explanation=explanation, headers=list(headers))


def unavailable(reason: str) -> webob.exc.HTTPException:
    """Return 503 with the reason, a sentence, and when to try again."""
    explanation = f"{reason} The request can be repeated."
    return refusal(UNAVAILABLE, explanation, [("Retry-After", RETRY_AFTER)])


def method_not_allowed(allowed: Iterable[str]) -> webob.exc.HTTPException:
    """Return 405 with the methods that the path knows."""
    return refusal(METHOD_NOT_ALLOWED, headers=[("Allow", allow(allowed))])


def allow(methods: Iterable[str]) -> str:
    """Return the value of the header ``Allow`` for these methods."""
    return ", ".join(sorted(set(methods)))


def cached_nodes(
    urls: Sequence[str],
    user_agent: str,
    bare_list_user_agents: Sequence[str],
    checked: Mapping[str, object] | None = None,
) -> webob.Response:
    """Answer 200 with node URLs, in the shape that the client can read.

    Args:
        urls: node reference URLs, sorted.
        user_agent: the request's ``User-Agent`` header; empty when it had none.
        bare_list_user_agents: the beginnings of it that mean a bare JSON list.
        checked: when the nodes were asked and whether all have answered, ``checked_at`` and
            ``complete``; None where none was asked.
    """
    bare = user_agent.startswith(tuple(bare_list_user_agents))
    body = list(urls) if bare else {"cached_nodes": list(urls), **(checked or {})}
    headers = [("Vary", "User-Agent")]
    if bare and checked:
        headers.append(("X-Cache-Nodes-Complete", str(checked["complete"]).lower()))
    return in_json(body, headers)


def in_json(
    body: object, headers: Sequence[tuple[str, str]] = (), status: Status = OK
) -> webob.Response:
    """Answer with JSON."""
    content_type = ("Content-Type", "application/json; charset=UTF-8")
    return webob.Response(
        body=json.dumps(body).encode(),
        status=status.code,
        content_type="application/json",
        charset="UTF-8",
        headerlist=[content_type, *headers],
    )


def utc(moment: datetime.datetime | None) -> str | None:
    """Return a time as the answers have it: UTC, in whole seconds, as ISO 8601 with Z.

    Args:
        moment: in UTC, without a time zone; None where it is not known.
    """
    return None if moment is None else moment.replace(microsecond=0).isoformat() + "Z"


def now() -> str:
    """Return this moment, as the answers have it."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    return str(utc(moment.replace(tzinfo=None)))


def new_request_id() -> str:
    """Return a request id for an answer to a request that Glance could give none."""
    return f"req-{uuid.uuid4()}"
