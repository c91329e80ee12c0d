# SPDX-License-Identifier: Apache-2.0
"""Requests to other nodes: names, connection, TLS, headers and body within one deadline.

No redirect is followed, and no proxy of the environment is used: a token goes to the node that is
called, and to nobody else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import socket
from typing import TYPE_CHECKING, Any

from glance_cache_nodes import node_url
from glance_cache_nodes.exception import CONNECTION, NodeError, NoThreadError
from glance_cache_nodes.net.body import Body
from glance_cache_nodes.net.deadline import watching
from glance_cache_nodes.net.errors import in_words, told
from glance_cache_nodes.net.names import Names
from glance_cache_nodes.net.tls import TlsSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glance_cache_nodes.net.deadline import Deadline
    from glance_cache_nodes.net.names import Address

LIMIT = 65536
"""Bytes of an answer that :meth:`Http.request` reads."""

_NO_ADDRESS = "its node reference URL is no plain http or https address"


@dataclasses.dataclass(frozen=True)
class Response:
    """The answer of a node.

    Attributes:
        status: of HTTP.
        body: at most :data:`LIMIT` bytes.
    """

    status: int
    body: bytes = b""


class Http:
    """What requests to other nodes share in a process."""

    def __init__(self, options: Any, names: Names | None = None) -> None:
        self._names = names or Names()
        self._tls = TlsSettings(options)

    def request(
        self, method: str, node: str, path: str, headers: Mapping[str, str], deadline: Deadline
    ) -> Response:
        """Send a request without a body, and return the whole answer.

        Raises:
            NodeError: there was no answer that can be used, or not in time.
        """
        with self.stream(method, node, path, headers, deadline) as answer:
            return Response(answer.status, answer.read(LIMIT))

    @contextlib.contextmanager
    def stream(
        self, method: str, node: str, path: str, headers: Mapping[str, str], deadline: Deadline
    ) -> Iterator[Body]:
        """Send a request without a body; the block reads the answer, whose headers are there.

        Args:
            method: of HTTP.
            node: the URL of the node.
            path: from the root of the image API on.
            headers: of the request.
            deadline: the socket is shut then; the block may move it.

        Raises:
            NodeError: there was no answer that can be used, or not in time.
        """
        with self._connected(node, deadline) as (connection, parts):
            client = http.client.HTTPConnection(parts.host, parts.port)
            client.sock = connection
            sent = {**headers, "Connection": "close"}
            with told(deadline):
                client.request(method, parts.path + path, headers=sent)
                response = client.getresponse()
            with contextlib.closing(response):
                yield Body(response, deadline)

    def connects(self, node: str, deadline: Deadline) -> bool:
        """Return whether a node takes connections, also if it does not answer to TLS or HTTP."""
        try:
            with self._plain(_parts(node), deadline):
                return True
        except NodeError:
            return False

    @contextlib.contextmanager
    def _connected(
        self, node: str, deadline: Deadline
    ) -> Iterator[tuple[socket.socket, node_url.Parts]]:
        parts = _parts(node)
        with self._plain(parts, deadline) as plain:
            if parts.scheme == "http":
                yield plain, parts
                return
            context = self._tls.context()
            with told(deadline):
                encrypted = context.wrap_socket(plain, server_hostname=parts.host)
            with encrypted:
                yield encrypted, parts

    @contextlib.contextmanager
    def _plain(self, parts: node_url.Parts, deadline: Deadline) -> Iterator[socket.socket]:
        addresses = self._names.addresses(parts.host, deadline.until)
        try:
            with _connect(addresses, parts.port, deadline) as plain, contextlib.ExitStack() as held:
                held.enter_context(watching(deadline))
                held.enter_context(deadline.holding(plain))
                yield plain
        except NoThreadError as error:
            raise NodeError(CONNECTION, str(error), was_asked=False) from error


def _parts(node: str) -> node_url.Parts:
    try:
        return node_url.split(node)
    except ValueError:
        raise NodeError(CONNECTION, _NO_ADDRESS) from None


def _connect(addresses: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to the first address that takes one, each in its share of the time."""
    failure: OSError = OSError("no address")
    for number, (family, address) in enumerate(addresses):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.left() / (len(addresses) - number))
            connection.connect((address[0], port, *address[2:]))
            connection.settimeout(None)  # from here on the socket is shut at the deadline
        except OSError as error:
            failure = error
            connection.close()
        else:
            return connection
    if deadline.is_over():
        reason = f"no connection within {deadline.seconds:.1f} s"
        raise NodeError(CONNECTION, reason) from failure
    raise NodeError(CONNECTION, in_words(failure)) from failure
