# SPDX-License-Identifier: Apache-2.0
"""Another node as a source, called with the caller's token; no redirect is followed."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from glance_cache_nodes.fill.source import SourceError
from glance_cache_nodes.fleet.turn import Turn

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator, Mapping

    from glance_cache_nodes.fill.wanted import Wanted

BLOCK = 512 * 1024  # bytes at most in one read
LEAST = 64 * 1024  # bytes that must come in each stall timeout
CONNECT = 3.0  # seconds at most
OK = 200
_PORTS = {"http": 80, "https": 443}
_POLITE = (401, 403, 404, 504)  # it does not give this image to this caller, and is well

MARK = "X-Cache-Nodes-Fill"
"""The header of a request from a peer. It holds the peer's URL."""
ONLY_IF_CACHED = "only-if-cached"


@dataclasses.dataclass(frozen=True)
class Caller:
    """In whose name peers are asked.

    Attributes:
        headers: token and request id.
        own_url: this node's reference URL.
        stall_timeout: seconds without bytes after which a peer is left.
        tls: for ``https`` peers.
    """

    headers: Mapping[str, str]
    own_url: str
    stall_timeout: float
    tls: ssl.SSLContext


class Peer:
    """A node that the sites file names.

    Args:
        url: its node reference URL.
        wanted: the image.
        caller: in whose name it is asked.
        only_if_cached: whether it shall refuse if it does not hold the image; else it shall read
            the backend.
    """

    is_peer = True

    def __init__(self, url: str, wanted: Wanted, caller: Caller, *, only_if_cached: bool) -> None:
        self.name, self._wanted, self._caller = url, wanted, caller
        self._only_if_cached = only_if_cached

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the image's bytes.

        Raises:
            SourceError: it is down, refuses, stalls, breaks off, or has another image.
        """
        if offset:
            raise SourceError("peers are asked for whole images only", is_polite=True)
        try:
            with contextlib.closing(self._connection()) as connection:
                yield from self._blocks(self._answer(connection))
        # ValueError: its URL names no host or port that there can be.
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise SourceError(_words(error)) from error

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.name)
        timeout = min(CONNECT, self._caller.stall_timeout)
        # With no port, http.client would look for one in an IPv6 address.
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=timeout, context=self._caller.tls
            )
        return http.client.HTTPConnection(host, port, timeout=timeout)

    def _answer(self, connection: http.client.HTTPConnection) -> Any:
        connection.connect()
        connection.sock.settimeout(self._caller.stall_timeout)
        headers = {**self._caller.headers, MARK: self._caller.own_url}
        if self._only_if_cached:
            headers["Cache-Control"] = ONLY_IF_CACHED
        path = urlsplit(self.name).path.rstrip("/")
        with self._cut_in_time(connection.sock):
            connection.request("GET", f"{path}/v2/images/{self._wanted.id}/file", headers=headers)
            response = connection.getresponse()
        if response.status != OK:
            raise SourceError(
                f"it answered {response.status}", is_polite=response.status in _POLITE
            )
        length = response.headers.get("Content-Length")
        if length is not None and length != str(self._wanted.size):
            raise SourceError(f"it has {length} bytes, and not {self._wanted.size}")
        return response

    @contextlib.contextmanager
    def _cut_in_time(self, connection: socket.socket) -> Iterator[None]:
        """Bound the block: headers that come a byte now and then never let the socket time out."""
        seconds = self._caller.stall_timeout
        turn = Turn(seconds)
        timer = threading.Timer(seconds, turn.cut)
        timer.daemon = True
        with turn.watching(connection):
            timer.start()
            try:
                yield
            finally:
                timer.cancel()
                if turn.is_over():
                    raise SourceError(f"it did not answer within {seconds} s")

    def _blocks(self, response: Any) -> Iterator[bytes]:
        left, seconds = self._wanted.size, self._caller.stall_timeout
        begin, since = time.monotonic(), 0
        while left:
            block = response.read1(min(BLOCK, left))
            if not block:
                raise SourceError(f"it broke off {left} bytes before the end")
            left -= len(block)
            since += len(block)
            if time.monotonic() - begin > seconds:
                # A peer that sends a byte now and then never lets the socket time out.
                if since < LEAST and left:
                    raise SourceError(f"it sent {since} bytes in {seconds} s")
                begin, since = time.monotonic(), 0
            yield block


def _words(error: Exception) -> str:
    with contextlib.suppress(AttributeError):
        if error.strerror:  # type: ignore[attr-defined]
            return str(error.strerror)  # type: ignore[attr-defined]
    return str(error) or type(error).__name__
