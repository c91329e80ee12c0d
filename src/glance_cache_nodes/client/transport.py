# SPDX-License-Identifier: Apache-2.0
"""One request to the image API, over a keystoneauth adapter."""

from __future__ import annotations

import importlib.metadata
import urllib.parse
from typing import TYPE_CHECKING, Any

from keystoneauth1 import exceptions as ksa

from glance_cache_nodes.client.errors import from_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from keystoneauth1.adapter import Adapter

# The server tells the released clients from this one by it, and gives us the object.
USER_AGENT = f"glance-cache-nodes/{importlib.metadata.version('glance-cache-nodes')}"
TIMEOUT = 30.0  # seconds of silence, where the session sets no timeout of its own
# The same for a call that makes Glance ask its nodes: `fleet_timeout` is an option of the operator.
NODES_TIMEOUT = 120.0


def image_url(adapter: Adapter, *parts: str) -> str:
    """Return the URL of something in version 2 of the image API.

    Every release of Glance has version 2 at ``/v2``, so no request is needed to find it.

    Args:
        adapter: a keystoneauth adapter for the image service; its endpoint may end in ``/v2``.
        parts: the path below ``/v2``, not quoted.

    Raises:
        CallError: the cloud has no image endpoint, or gives no token to look it up.
    """
    try:
        endpoint = adapter.get_endpoint(skip_discovery=True)
        if not endpoint:
            raise ksa.EndpointNotFound
    except ksa.ClientException as failure:
        raise from_failure(failure, "Keystone") from failure
    root = endpoint.rstrip("/").removesuffix("/v2")
    # What is no text in UTF-8 is sent as its bytes, which Glance refuses.
    quoted = (urllib.parse.quote(part, safe="", errors="surrogateescape") for part in parts)
    return "/".join([root, "v2", *quoted])


def timeout(adapter: Adapter) -> float:
    """Return the timeout for silence, in seconds."""
    return adapter.session.timeout or TIMEOUT


def asks_nodes(adapter: Adapter) -> float:
    """Return the timeout for silence while a server asks nodes, in seconds."""
    return adapter.session.timeout or NODES_TIMEOUT


def call(
    adapter: Adapter,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> requests.Response:
    """Send one request and return the answer, whatever its status.

    Args:
        adapter: carries the session, which adds the token.
        method: the HTTP method.
        url: the full URL.
        headers: more headers.
        options: more of what ``keystoneauth1.session.Session.request`` takes.

    Raises:
        CallError: there was no answer.
    """
    try:
        return adapter.request(
            url,
            method,
            headers={"Accept": "application/json", **(headers or {})},
            user_agent=USER_AGENT,
            raise_exc=False,
            # openstacksdk's adapters repeat a 503 five times, with pauses of 15 s in all.
            status_code_retries=0,
            connect_retries=0,
            **{"timeout": timeout(adapter), **options},
        )
    # ValueError: requests looks at a Location even where it does not go there.
    except (ksa.ClientException, ValueError) as failure:
        raise from_failure(failure, url) from failure
