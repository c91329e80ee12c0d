# SPDX-License-Identifier: Apache-2.0
"""307 to a node that holds the image, where this one cannot fill it in."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import webob

from glance_cache_nodes.cache import layout, state
from glance_cache_nodes.net.deadline import Deadline

if TYPE_CHECKING:
    from pathlib import Path

    from glance_cache_nodes.fill.peer_finder import PeerFinder
    from glance_cache_nodes.fill.service import FillService

QUERY = "cache_nodes_redirected=true"
"""What a redirected request has as its query. This filter leaves a request with a query alone, so
nobody is sent in a circle; Glance's cache looks at the path only."""
TEMPORARY_REDIRECT = 307
COMES_BACK = 60.0
"""Seconds in which whoever asks for the same image again is served: the node did not do."""


def to_a_holder(
    service: FillService,
    peers: PeerFinder,
    request: webob.Request,
    image_id: str,
    until: float,
) -> webob.Response | None:
    """Return 307 to a node that holds the image and takes connections; None where Glance answers.

    Args:
        service: what fills use.
        peers: the nodes that the sites file names.
        request: the caller's.
        image_id: the image.
        until: when the search for a node ends, by the monotonic clock.
    """
    marker = _marker(service.publisher.directory, request, image_id)
    if _is_fresh(marker):
        return None
    # The caller sends its token there: not in the clear if it came here encrypted.
    needs_tls = _came_encrypted(request) or peers.own_url.lower().startswith("https:")
    for url in peers.recorded(image_id, until):
        seconds = (until - time.monotonic()) / 2
        if needs_tls and not url.lower().startswith("https:"):
            continue
        if seconds > 0 and service.shared.http.connects(url, Deadline(seconds)):
            return _noted(marker, f"{url.rstrip('/')}/v2/images/{image_id}/file?{QUERY}")
    return None


def _noted(marker: Path, target: str) -> webob.Response | None:
    try:
        state.make_directory(marker.parent.parent)
        _remove_old(marker.parent)
        state.write_small(marker, "")
    except OSError:  # whoever comes back could not be told from others
        return None
    answer = webob.Response(status=TEMPORARY_REDIRECT, content_type="text/plain")
    answer.location = target
    return answer


def _came_encrypted(request: webob.Request) -> bool:
    """Return whether the client spoke HTTPS, as a balancer says it, whether Glance reads that."""
    headers = request.headers
    forwarded = headers.get("Forwarded", "").lower()
    return (
        request.scheme == "https"
        or "https" in headers.get("X-Forwarded-Proto", "").lower()
        or "proto=https" in forwarded.replace('"', "")
    )


def _marker(directory: Path, request: webob.Request, image_id: str) -> Path:
    who = f"{request.headers.get('X-Auth-Token', '')} {image_id}"
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    return layout.state_dir(directory) / f"{digest}.redirected"


def _is_fresh(marker: Path) -> bool:
    try:
        return abs(time.time() - marker.lstat().st_mtime) < COMES_BACK
    except OSError:
        return False


def _remove_old(directory: Path) -> None:
    for path in directory.glob("*.redirected"):
        if not _is_fresh(path):
            state.remove(path)
