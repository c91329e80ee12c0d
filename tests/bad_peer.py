# SPDX-License-Identifier: Apache-2.0
"""A node that does what a broken node does, on a real socket."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Handler = Callable[["Peer", socket.socket], None]
CHUNK = 64 * 1024


@dataclass
class Peer:
    """The node.

    Attributes:
        data: the image that it should have.
        at: the byte at which it goes wrong.
        does: what it does.
        asked: the requests that it got.
        go_on: set when the test is over.
    """

    data: bytes = b""
    at: int = 0
    does: Handler | None = None
    asked: list[bytes] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def headers(self, client: socket.socket, length: int | None = None) -> None:
        count = len(self.data) if length is None else length
        client.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n" % count
        )


def hang_up(_peer: Peer, client: socket.socket) -> None:
    client.close()


def hang_before_headers(peer: Peer, _client: socket.socket) -> None:
    peer.go_on.wait(60)


def answer_500(_peer: Peer, client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def answer_504(_peer: Peer, client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 504 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def redirect(peer: Peer, client: socket.socket) -> None:
    client.sendall(
        b"HTTP/1.1 307 Go\r\nLocation: %s/elsewhere\r\nContent-Length: 0\r\n"
        b"Connection: close\r\n\r\n" % peer.url.encode()
    )


def speak_no_http(_peer: Peer, client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 100)


def truncate(peer: Peer, client: socket.socket) -> None:
    peer.headers(client)
    client.sendall(peer.data[: peer.at])


def reset(peer: Peer, client: socket.socket) -> None:
    truncate(peer, client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def stall(peer: Peer, client: socket.socket) -> None:
    truncate(peer, client)
    peer.go_on.wait(60)


def trickle(peer: Peer, client: socket.socket) -> None:
    """Send a byte now and then, for ever, so that no read of the socket times out."""
    truncate(peer, client)
    for byte in peer.data[peer.at :]:
        client.sendall(bytes([byte]))
        if peer.go_on.wait(0.1):
            return


def promise_for_ever(peer: Peer, client: socket.socket) -> None:
    """Send a line of the headers now and then, and never the last one."""
    while not peer.go_on.wait(0.1):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def have_another_length(peer: Peer, client: socket.socket) -> None:
    peer.headers(client, len(peer.data) - 1)
    client.sendall(peer.data[:-1])


def flip_a_byte(peer: Peer, client: socket.socket) -> None:
    peer.headers(client)
    wrong = bytearray(peer.data)
    wrong[peer.at] ^= 1
    client.sendall(wrong)


def serve_it(peer: Peer, client: socket.socket) -> None:
    peer.headers(client)
    client.sendall(peer.data)


@contextlib.contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """Run one for the block, over TLS if a context is given."""
    peer = Peer()

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            request = b""
            with contextlib.suppress(OSError):
                if tls:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                while b"\r\n\r\n" not in request:
                    data = self.request.recv(CHUNK)
                    if not data:
                        break
                    request += data
                peer.asked.append(request)
                if peer.does:
                    peer.does(peer, self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Connection)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    peer.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield peer
    finally:
        peer.go_on.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def many_silent(count: int) -> Iterator[list[str]]:
    """Take connections at so many ports, and never answer."""
    with contextlib.ExitStack() as open_ones:
        listeners = [
            open_ones.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            for _ in range(count)
        ]
        yield [f"http://127.0.0.1:{each.getsockname()[1]}" for each in listeners]
