# SPDX-License-Identifier: Apache-2.0
"""The bytes of an image from one server, from a given byte on."""

from __future__ import annotations

import contextlib
import http.client
import re
import time
import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests
import urllib3

from glance_cache_nodes.client.sources import Source, may_follow
from glance_cache_nodes.client.text import explanation, one_line
from glance_cache_nodes.client.transport import call, timeout
from glance_cache_nodes.exception import CallError, NoAnswerError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1.adapter import Adapter

_CHUNK = 256 * 1024  # bytes at most in one read
_LEAST = 64 * 1024  # bytes that a node must send in each time of silence
# Seconds to connect to a node, and of its silence: there are others.
_CONNECT, _SILENCE = 5.0, 15.0
_MOST_REDIRECTS = 3
_RANGE = re.compile(r"bytes (\d+)-")
# Each of requests' is an OSError.
_BROKEN = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


@dataclass(frozen=True)
class Stream:
    """What a server sends.

    Attributes:
        start: the first byte: the one that was requested, or 0.
        chunks: the bytes; raises SourceError where the server breaks off, or a node sends too
            slowly.
    """

    start: int
    chunks: Iterator[bytes]


@contextlib.contextmanager
def opened(adapter: Adapter, source: Source, start: int) -> Iterator[Stream]:
    """Request an image from a server, and yield its stream.

    Args:
        adapter: carries the session, which adds the token.
        source: the server.
        start: the first byte that is wanted.

    Raises:
        SourceError: the server does not send it.
    """
    response = _response(adapter, source, start)
    chunks = _chunks(response)
    if not source.is_glance:
        chunks = _fast_enough(chunks, _of_node(timeout(adapter))[1])
    try:
        yield Stream(_start(response, source, start), chunks)
    finally:
        response.close()


def _response(adapter: Adapter, source: Source, start: int) -> requests.Response:
    # A proxy that compresses would count the bytes of a range in another way.
    headers = {"Accept": "application/octet-stream", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    silence = timeout(adapter)
    url = source.url
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            response = call(
                adapter,
                "GET",
                url,
                headers,
                stream=True,
                redirect=False,
                timeout=silence if source.is_glance else _of_node(silence),
            )
        except CallError as failure:
            raise NoAnswerError(f"does not answer: {failure}") from failure
        location = urllib.parse.urljoin(url, response.headers.get("Location", ""))
        # Glance itself may know a node that has it; what a node answers chooses no other server.
        if not (response.is_redirect and source.is_glance and may_follow(source.url, location)):
            return response
        response.close()
        url = location
    raise SourceError("redirects without end")


def _of_node(silence: float) -> tuple[float, float]:
    return min(_CONNECT, silence), min(_SILENCE, silence)


def _start(response: requests.Response, source: Source, wanted: int) -> int:
    status = response.status_code
    if status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        return 0
    begins = _RANGE.match(response.headers.get("Content-Range", ""))
    if status == HTTPStatus.PARTIAL_CONTENT and wanted:
        if begins and int(begins[1]) == wanted:
            return wanted
        raise SourceError("sent other bytes than those that were asked for")
    # Only what Glance itself says is read to its end: a node's answer may have none.
    said = _explanation(response) if source.is_glance else response.reason
    raise SourceError(f"answered {status}: {one_line(said or 'no explanation')}")


def _explanation(response: requests.Response) -> str:
    try:
        return explanation(response).rstrip(".")
    except requests.RequestException:
        return ""


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the bytes as they come."""
    if "Content-Encoding" in response.headers:
        pieces = response.iter_content(_CHUNK)
    else:
        pieces = _as_they_come(response)
    try:
        yield from pieces
    except _BROKEN as failure:
        raise SourceError("broke off") from failure


def _as_they_come(response: requests.Response) -> Iterator[bytes]:
    # requests waits until a chunk is full, so that a server that trickles is never seen.
    raw = response.raw
    read1 = getattr(raw, "read1", None) or raw._fp.read1  # urllib3 1.26 has none of its own
    left = raw.length_remaining or 0
    while piece := read1(_CHUNK):
        yield piece
        left -= len(piece)
    if left > 0:
        raise http.client.IncompleteRead(b"", left)


def _fast_enough(chunks: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    begin, size = time.monotonic(), 0
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        if time.monotonic() - begin > seconds:
            if size < _LEAST:
                raise SourceError(f"sent {size} bytes in {seconds:g} s")
            begin, size = time.monotonic(), 0
