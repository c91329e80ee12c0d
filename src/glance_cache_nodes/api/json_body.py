# SPDX-License-Identifier: Apache-2.0
"""The JSON body of a request, up to a limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from glance.common import wsgi

from glance_cache_nodes.exception import RepeatedKeyError

if TYPE_CHECKING:
    import webob


def read(request: webob.Request, limit: int) -> Any:
    """Return the body of a request as a JSON value.

    Args:
        request: the request; its body may be chunked.
        limit: the greatest size of the body, in bytes.

    Raises:
        ValueError: it is larger, breaks off, names a key twice, or is not JSON in UTF-8; the text
            says which.
    """
    content = _content(request, limit)
    if len(content) > limit:
        raise ValueError(f"The body is too large: this call takes at most {limit} bytes.")
    try:
        value = json.loads(
            content.decode(), parse_constant=_no_constant, object_pairs_hook=_each_once
        )
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no character
    except RepeatedKeyError:
        raise
    except (ValueError, RecursionError):
        raise ValueError("The body is not JSON in UTF-8.") from None
    return value


def _content(request: webob.Request, limit: int) -> bytes:
    sent = wsgi.Request(request.environ)  # Glance's class knows where uWSGI keeps a chunked body.
    sent.is_body_readable = True
    try:
        return sent.body_file.read(limit + 1)  # type: ignore[no-any-return]
    except OSError:
        raise ValueError("The body ended before its Content-Length.") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity, which Python would read


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Python would take the last value: of two lists of nodes, one would be left out silently.
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RepeatedKeyError(name)
        found[name] = value
    return found
