# SPDX-License-Identifier: Apache-2.0
"""307 to a node that holds the image, where this one cannot fill it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import webob

if TYPE_CHECKING:
    from glance_cache_nodes.fill.peer_finder import PeerFinder

QUERY = "cache_nodes_redirected=true"
"""What a redirected request has as its query. This filter leaves a request with a query alone, so
nobody is sent in a circle; Glance's cache looks at the path only."""
TEMPORARY_REDIRECT = 307


def location(peers: PeerFinder, request: webob.Request, image_id: str) -> str | None:
    """Return the node for the caller; None if no other node has the image.

    Args:
        peers: the nodes that the sites file names.
        request: the caller's.
        image_id: the image.
    """
    # The caller sends its token there: not in the clear if it came here encrypted.
    needs_tls = request.scheme == "https" or peers.own_url.lower().startswith("https:")
    for url in peers.recorded(image_id):
        if url.lower().startswith("https:") or not needs_tls:
            return f"{url.rstrip('/')}/v2/images/{image_id}/file?{QUERY}"
    return None


def response(target: str) -> webob.Response:
    """Return 307 to a URL."""
    answer = webob.Response(status=TEMPORARY_REDIRECT, content_type="text/plain")
    answer.location = target
    return answer
