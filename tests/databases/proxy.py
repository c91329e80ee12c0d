# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy in front of a database server, which can spoil what passes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from servers import Server


class Proxy:
    """Passes on bytes between clients and a server.

    Attributes:
        port: where it listens.
        pause: seconds between two bytes of the server's; 0 passes all on at once.
    """

    def __init__(self, target: int) -> None:
        self.pause = 0.0
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Break off all connections that pass through it."""
        for pair in list(self._pairs):
            self._end(pair)

    def close(self) -> None:
        """Listen no more, and break off what passes."""
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                self._pass_on(client)

    def _pass_on(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        pair = (client, server)
        self._pairs.add(pair)
        for source, sink, is_answer in ((client, server, False), (server, client, True)):
            arguments = (pair, source, sink, is_answer)
            threading.Thread(target=self._copy, args=arguments, daemon=True).start()

    def _copy(self, pair, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (is_answer and self.pause):
                    sink.sendall(data)
                    continue
                for byte in data:
                    sink.sendall(bytes([byte]))
                    time.sleep(self.pause)
        self._end(pair)

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self._pairs.discard(pair)
        for each in pair:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextlib.contextmanager
def running(server: Server) -> Iterator[Proxy]:
    """Run a proxy in front of a server for the block."""
    proxy = Proxy(server.port)
    try:
        yield proxy
    finally:
        proxy.close()


def through(url: str, server: Server, port: int) -> str:
    """Return the URL of the same database at another port."""
    return url.replace(f":{server.port}/", f":{port}/")
