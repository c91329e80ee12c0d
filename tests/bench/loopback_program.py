# SPDX-License-Identifier: Apache-2.0
"""Nodes on loopback: each address of 127.0.0.0/8 is one, at the first port that is printed.

The path of a node's URL is how many milliseconds it takes to answer. The second port takes
connections and never answers; the third refuses them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"


class Node(asyncio.Protocol):
    """Answers one request as the node that it is for: it has the image.

    It shares the processors with the Glance that is measured, so it does no more than it must.
    """

    def __init__(self) -> None:
        self._head = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            request, *lines = self._head.decode().split("\r\n")
            host = next(line[6:] for line in lines if line.lower().startswith("host: "))
            _, wait, *_, image_id = request.split(" ")[1].split("/")
            asyncio.get_running_loop().call_later(
                int(wait) / 1000, self._answer, host, wait, image_id
            )

    def _answer(self, host: str, wait: str, image_id: str) -> None:
        said = {"node": f"http://{host}/{wait}", "image_id": image_id, "state": "cached", "size": 1}
        body = json.dumps(said).encode()
        self._transport.write(HEAD % len(body) + body)
        self._transport.close()


async def main() -> None:
    """Serve until the parent closes the standard input."""
    loop = asyncio.get_running_loop()
    # A connection that is left unaccepted would fill the queue, so that later ones are refused.
    servers = [
        await loop.create_server(kind, "0.0.0.0", 0, backlog=4096)
        for kind in (Node, asyncio.Protocol)
    ]
    with socket.socket() as dead:
        dead.bind(("0.0.0.0", 0))  # and does not listen
        ports = [each.getsockname()[1] for each in (*(one.sockets[0] for one in servers), dead)]
        print(json.dumps(ports), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
