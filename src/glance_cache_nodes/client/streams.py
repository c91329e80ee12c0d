# SPDX-License-Identifier: Apache-2.0
"""The bytes of an image from one server, from a given byte on."""

from __future__ import annotations

import contextlib
import re
import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from glance_cache_nodes.client.sources import Source, may_follow
from glance_cache_nodes.client.text import explanation, one_line
from glance_cache_nodes.client.transport import call, timeout
from glance_cache_nodes.exception import CallError, NoAnswerError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1.adapter import Adapter

_CHUNK = 256 * 1024  # bytes
# Seconds to connect to a node, and of its silence: there are others.
_CONNECT, _SILENCE = 5.0, 15.0
_MOST_REDIRECTS = 3
_RANGE = re.compile(r"bytes (\d+)-")


@dataclass(frozen=True)
class Stream:
    """What a server sends.

    Attributes:
        start: the first byte: the one that was requested, or 0.
        chunks: the bytes; raises SourceError where the server breaks off.
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
    try:
        yield Stream(_start(response, source, start), _chunks(response))
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
    try:
        yield from response.iter_content(_CHUNK)
    except requests.RequestException as failure:
        raise SourceError("broke off") from failure
