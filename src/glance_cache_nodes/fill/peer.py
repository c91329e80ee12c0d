# SPDX-License-Identifier: Apache-2.0
"""Another node as a source, called with the caller's token."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.exception import FillSourceError, NodeError
from glance_cache_nodes.net.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.net.body import Body
    from glance_cache_nodes.net.http import Http
    from glance_cache_nodes.sites import Sites

BLOCK = 512 * 1024  # bytes at most in one read
PERIOD = 10.0  # seconds in which the least rate must be reached
OK = 200
_ASKS_AGAIN = (401, 403, 404, 504)  # it does not give this image to this caller, and is well

MARK = "X-Cache-Nodes-Fill"
"""The header of a request from a node. It holds the node's URL."""
ONLY_IF_CACHED = "only-if-cached"
_MARK = "HTTP_" + MARK.upper().replace("-", "_")


@dataclasses.dataclass(frozen=True)
class Pace:
    """How fast a node must send.

    Attributes:
        headers: seconds until its headers are there.
        first_byte: seconds from then on until the first byte: it may wait for its store.
        stall: seconds without a byte after that.
        rate: bytes a second in each :data:`PERIOD`.
    """

    headers: float
    first_byte: float
    stall: float
    rate: int


class Peer:
    """A node that the sites file names.

    Args:
        url: its node reference URL.
        image: what is asked for.
        headers: of the request, as :func:`headers_for` returns them.
        http: sends the request.
        pace: how fast it must send.
        is_holder: whether it holds the image by the record.
    """

    is_store = False

    def __init__(  # noqa: PLR0913 - what makes a request
        self,
        url: str,
        image: ImageToFill,
        headers: Mapping[str, str],
        http: Http,
        pace: Pace,
        *,
        is_holder: bool,
    ) -> None:
        self.name, self._image, self._headers = url, image, headers
        self._http, self._pace, self.is_holder = http, pace, is_holder

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the image's bytes.

        Raises:
            FillSourceError: it is down, refuses, is too slow, breaks off, or has another image.
        """
        if offset:
            raise FillSourceError("nodes are asked for whole images only", asks_again=True)
        path, deadline = f"/v2/images/{self._image.id}/file", Deadline(self._pace.headers)
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
        left, period = self._image.size, _Period(self._pace.rate)
        limit = self._pace.first_byte
        while left:
            began = time.monotonic()
            deadline.seconds, deadline.until = limit, began + limit
            block = answer.read1(min(BLOCK, left))
            # The time of those who take the block is not the node's.
            deadline.until = math.inf
            if not block:
                raise FillSourceError(f"it broke off {left} bytes before the end")
            left -= len(block)
            if left and period.is_too_slow(len(block), time.monotonic() - began):
                reason = f"it sent less than {self._pace.rate} bytes a second"
                raise FillSourceError(reason, asks_again=not self.is_holder)
            limit = self._pace.stall
            yield block


class _Period:
    """The bytes and the time of one period after the other."""

    def __init__(self, rate: int) -> None:
        self._rate, self._bytes, self._seconds = rate, 0, 0.0

    def is_too_slow(self, count: int, seconds: float) -> bool:
        """Count bytes; return whether too few came in a period that is over."""
        if not self._bytes:
            seconds = 0.0  # of the first block, which may have waited for the store
        self._bytes += count
        self._seconds += seconds
        if self._seconds < PERIOD:
            return False
        is_slow = self._bytes < self._rate * self._seconds
        self._bytes, self._seconds = 0, 0.0
        return is_slow


def headers_for(headers: Mapping[str, str], own_url: str, *, is_holder: bool) -> dict[str, str]:
    """Return the headers of a request to a node.

    Args:
        headers: token and request id.
        own_url: this node's reference URL.
        is_holder: whether the node shall refuse if it does not hold the image; else it shall read
            its store.
    """
    cache = {"Cache-Control": ONLY_IF_CACHED} if is_holder else {}
    return {**headers, MARK: own_url, **cache}


def is_of_node(environ: Mapping[str, Any], sites: Sites) -> bool:
    """Return whether a request is marked as one of a node that the sites file names."""
    return _MARK in environ and sites.has(environ[_MARK])


def is_only_if_cached(environ: Mapping[str, Any]) -> bool:
    """Return whether a node asks for an image only if it is cached."""
    return ONLY_IF_CACHED in environ.get("HTTP_CACHE_CONTROL", "")
