# SPDX-License-Identifier: Apache-2.0
"""The way from the weigher to Glance, which can be shut in every manner."""

from __future__ import annotations

import contextlib
import socket
import threading

from glance_cache_nodes_lab.ports import HOST


class Gate:
    """Passes connections on to a node, or does not.

    Args:
        target: the node's port.
        port: where it listens while it is open or silent.

    Attributes:
        silent: takes connections and passes nothing on.
        connections: how many were taken.
    """

    def __init__(self, target: int, port: int) -> None:
        self.silent = False
        self.connections = 0
        self.port = port
        self._target = target
        self._ends: list[socket.socket] = []
        self.listen()

    @property
    def url(self) -> str:
        """Where the weigher asks."""
        return f"http://{HOST}:{self.port}"

    def listen(self) -> None:
        """Take connections, again after ``refuse``."""
        self._listener = socket.create_server((HOST, self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self) -> None:
        """Let the kernel refuse connections; those that there are break."""
        with contextlib.suppress(OSError):  # wakes the thread that accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def close(self) -> None:
        """Do the same for good."""
        self.refuse()

    def reset(self) -> None:
        """Break off the connections that there are."""
        while self._ends:
            with contextlib.suppress(OSError):
                self._ends.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.connections += 1
                self._ends.append(client)
                if not self.silent:
                    threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        address = (HOST, self._target)
        with contextlib.suppress(OSError), client, socket.create_connection(address) as node:
            back = threading.Thread(target=_copy, args=(node, client), daemon=True)
            back.start()
            _copy(client, node)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
