# SPDX-License-Identifier: Apache-2.0
"""How results become HTTP answers."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import webob
import webob.exc

if TYPE_CHECKING:
    from collections.abc import Sequence

RETRY_AFTER = "5"  # seconds


def cached_nodes(
    urls: Sequence[str], user_agent: str, bare_list_user_agents: Sequence[str]
) -> webob.Response:
    """Answer 200 with node URLs, in the shape that the client can read.

    Args:
        urls: node reference URLs, sorted.
        user_agent: the request's ``User-Agent`` header; empty when it had none.
        bare_list_user_agents: the beginnings of it that mean a bare JSON list.
    """
    bare = user_agent.startswith(tuple(bare_list_user_agents))
    body = list(urls) if bare else {"cached_nodes": list(urls)}
    return webob.Response(
        body=json.dumps(body).encode(),
        content_type="application/json",
        charset="UTF-8",
        headerlist=[("Content-Type", "application/json; charset=UTF-8"), ("Vary", "User-Agent")],
    )


def unavailable() -> webob.exc.HTTPException:
    """Return 503 for a database that does not answer, with when to try again."""
    return webob.exc.HTTPServiceUnavailable(
        explanation="Glance's database does not answer. The request can be repeated.",
        headers=[("Retry-After", RETRY_AFTER)],
    )


def method_not_allowed(allowed: Sequence[str]) -> webob.exc.HTTPException:
    """Return 405 with the methods that the path knows."""
    return webob.exc.HTTPMethodNotAllowed(headers=[("Allow", ", ".join(sorted(allowed)))])


def new_request_id() -> str:
    """Return a request id for an answer to a request that Glance could give none."""
    return f"req-{uuid.uuid4()}"
