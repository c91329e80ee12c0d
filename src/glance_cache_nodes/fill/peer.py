# SPDX-License-Identifier: Apache-2.0
"""Another node as a source, called with the caller's token."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import FillSourceError, NodeError
from glance_cache_nodes.net.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.net.body import Body
    from glance_cache_nodes.net.http import Http

BLOCK = 512 * 1024  # bytes at most in one read
LEAST = 64 * 1024  # bytes that must come in each stall timeout
OK = 200
_ASKS_AGAIN = (401, 403, 404, 504)  # it does not give this image to this caller, and is well

MARK = "X-Cache-Nodes-Fill"
"""The header of a request from a peer. It holds the peer's URL."""
ONLY_IF_CACHED = "only-if-cached"


class Peer:
    """A node that the sites file names.

    Args:
        url: its node reference URL.
        image: what is asked for.
        headers: of the request: token, request id, and :data:`MARK`.
        http: sends the request.
        stall_timeout: seconds without bytes after which it is left.
    """

    is_peer = True

    def __init__(
        self,
        url: str,
        image: ImageToFill,
        headers: Mapping[str, str],
        http: Http,
        stall_timeout: float,
    ) -> None:
        self.name, self._image, self._headers = url, image, headers
        self._http, self._stall_timeout = http, stall_timeout

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the image's bytes.

        Raises:
            FillSourceError: it is down, refuses, stalls, breaks off, or has another image.
        """
        if offset:
            raise FillSourceError("peers are asked for whole images only", asks_again=True)
        path, deadline = f"/v2/images/{self._image.id}/file", Deadline(self._stall_timeout)
        try:
            with self._http.stream("GET", self.name, path, self._headers, deadline) as answer:
                self._require_image(answer)
                yield from self._blocks(answer, deadline)
        except NodeError as error:
            raise FillSourceError(str(error)) from error

    def _require_image(self, answer: Body) -> None:
        if answer.status != OK:
            raise FillSourceError(
                f"it answered {answer.status}", asks_again=answer.status in _ASKS_AGAIN
            )
        if answer.length not in {None, self._image.size}:
            raise FillSourceError(f"it has {answer.length} bytes, and not {self._image.size}")

    def _blocks(self, answer: Body, deadline: Deadline) -> Iterator[bytes]:
        left, since, seconds = self._image.size, 0, self._stall_timeout
        while left:
            began = time.monotonic()
            deadline.until = began + seconds
            block = answer.read1(min(BLOCK, left))
            if not block:
                raise FillSourceError(f"it broke off {left} bytes before the end")
            left -= len(block)
            since += len(block)
            # A peer that sends a byte now and then gets no more time until LEAST have come.
            seconds -= time.monotonic() - began
            if since >= LEAST:
                since, seconds = 0, self._stall_timeout
            deadline.until = math.inf  # the time of those who take the block is not the peer's
            yield block


def headers_for(
    headers: Mapping[str, str], own_url: str, *, only_if_cached: bool
) -> dict[str, str]:
    """Return the headers of a request to a peer.

    Args:
        headers: token and request id.
        own_url: this node's reference URL.
        only_if_cached: whether the peer shall refuse if it does not hold the image; else it shall
            read the backend.
    """
    cache = {"Cache-Control": ONLY_IF_CACHED} if only_if_cached else {}
    return {**headers, MARK: own_url, **cache}
