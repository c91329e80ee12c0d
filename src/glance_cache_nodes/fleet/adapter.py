# SPDX-License-Identifier: Apache-2.0
"""The transport of requests to nodes: one connection for each."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from glance_cache_nodes.exception import NodeError
from glance_cache_nodes.fleet.outcome import UNREACHABLE
from glance_cache_nodes.fleet.turn import ANSWER, CONNECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glance_cache_nodes.fleet.names import Address, Names
    from glance_cache_nodes.fleet.turn import Turn

LIMIT = 65536
"""Bytes of an answer that are read."""

_PORTS = {"http": 80, "https": 443}


class NodeAdapter(BaseAdapter):
    """An adapter of requests that reads answers at once and up to a limit.

    It reads no more of a redirect than of any other answer, and does not say where it leads.

    Args:
        turn: the time of the node.
        names: what looks up the host.
        context: returns the settings for TLS.
    """

    def __init__(self, turn: Turn, names: Names, context: Callable[[], ssl.SSLContext]) -> None:
        super().__init__()
        self._turn, self._names, self._context = turn, names, context

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **how: Any
    ) -> requests.Response:
        """Send a request and return its answer.

        Args:
            request: as requests has prepared it.
            how: requests' own settings for TLS and timeouts, which do not count here.

        Raises:
            NodeError: there was none, or none that can be used.
        """
        del how
        try:
            return self._send(request)
        except (OSError, http.client.HTTPException) as error:
            if self._turn.is_over():
                raise self._turn.error() from error
            raise NodeError(UNREACHABLE, _words(error)) from error

    def close(self) -> None:
        """Do nothing: no connection is left open."""

    def _send(self, request: requests.PreparedRequest) -> requests.Response:
        parts = urlsplit(str(request.url))
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        addresses = self._names.addresses(host, self._turn.until)
        self._turn.awaited = CONNECTION
        with self._connected(addresses, port) as plain:
            self._turn.awaited = ANSWER
            with self._turn.watching(plain):
                if parts.scheme == "http":
                    return self._exchange(plain, request, parts.netloc)
                plain.settimeout(self._turn.left())
                with self._context().wrap_socket(plain, server_hostname=host) as encrypted:
                    return self._exchange(encrypted, request, parts.netloc)

    def _connected(self, addresses: Sequence[Address], port: int) -> socket.socket:
        failure: OSError | None = None
        for number, (family, address) in enumerate(addresses):
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._turn.left() / (len(addresses) - number))
                connection.connect((address[0], port, *address[2:]))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                failure = error
                connection.close()
            except NodeError:
                connection.close()
                raise
            else:
                return connection
        raise failure or OSError("no address")

    def _exchange(
        self, connection: socket.socket, request: requests.PreparedRequest, host: str
    ) -> requests.Response:
        connection.settimeout(self._turn.left())
        client = http.client.HTTPConnection(host)
        client.sock = connection
        headers = {**request.headers, "Host": host, "Connection": "close"}
        client.request(str(request.method), request.path_url, headers=headers)
        answer = client.getresponse()
        try:
            return _response(request, answer)
        finally:
            answer.close()


def _response(
    request: requests.PreparedRequest, answer: http.client.HTTPResponse
) -> requests.Response:
    body = answer.read(LIMIT + 1)
    if len(body) > LIMIT:
        raise NodeError(UNREACHABLE, f"its answer is longer than {LIMIT} bytes")
    if answer.length:
        raise NodeError(UNREACHABLE, "it closed the connection in the middle of its answer")
    response = requests.Response()
    response.status_code, response.reason = answer.status, answer.reason
    response.raw, response.request, response.url = io.BytesIO(body), request, str(request.url)
    return response


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "it closed the connection in the middle of its answer"
    if isinstance(error, http.client.HTTPException):
        return "its answer is not HTTP"
    return f"no connection: {getattr(error, 'strerror', None) or error}"
