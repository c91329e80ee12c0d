# SPDX-License-Identifier: Apache-2.0
"""Other nodes, good and bad ones, on real sockets."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable

IMAGE = "11111111-1111-4111-8111-111111111111"

Behaviour = Callable[["Peer", socket.socket, bytes], None]


class Peer:
    """A server whose connections a function answers, each in a thread of its own.

    Args:
        behave: gets the peer, the connection and the head of the request.
        tls: wraps each connection; None for plain HTTP.
    """

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behave, self._tls = behave, tls
        self.requests: list[bytes] = []
        self.ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Peer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                head = connection.recv(65536)
                self.requests.append(head)
                self._behave(self, connection, head)


def answer(status: str, body: bytes = b"", *headers: str) -> Behaviour:
    """Answer every request alike."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return raw("\r\n".join(lines).encode() + body)


def raw(content: bytes) -> Behaviour:
    """Send these bytes and close the connection."""

    def behave(_peer: Peer, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(content)

    return behave


def tells(state: str, node: str | None = None, **more: object) -> Behaviour:
    """Answer as a node with the add-on does; PUT with 202 and DELETE with 204."""

    def behave(peer: Peer, connection: socket.socket, head: bytes) -> None:
        body = {"node": node or peer.url, "image_id": IMAGE, "state": state, **more}
        statuses = {b"PUT": "202 Accepted", b"DELETE": "204 No Content"}
        status = statuses.get(head.split(b" ")[0])
        reply = answer(status) if status else answer("200 OK", json.dumps(body).encode())
        reply(peer, connection, head)

    return behave


def hangs(peer: Peer, _connection: socket.socket, _head: bytes) -> None:
    """Say nothing for as long as the test lasts."""
    peer.ended.wait()


def trickles(start: bytes) -> Behaviour:
    """Send these bytes, then one byte at a time for as long as the test lasts."""

    def behave(peer: Peer, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(start)
        while not peer.ended.wait(0.02):
            connection.sendall(b"x")

    return behave


def floods(start: bytes) -> Behaviour:
    """Send these bytes, then as many more as the other side takes."""

    def behave(peer: Peer, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(start)
        while not peer.ended.is_set():
            connection.sendall(b"x" * 65536)

    return behave


def methods(peer: Peer) -> list[str]:
    """Return the methods of the requests that a peer got."""
    return [head.split(b" ")[0].decode() for head in peer.requests]


def closed_port() -> str:
    """Return the URL of a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
