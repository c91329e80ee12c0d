# SPDX-License-Identifier: Apache-2.0
"""Nodes on loopback: each address of 127.0.0.0/8 is one, at the port that is printed.

The path of a node's URL is how many milliseconds it takes to answer. The second port that is
printed takes connections and never answers.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request as the node that it is for: it has the image."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    except asyncio.IncompleteReadError:  # whoever asks had no time left
        writer.close()
        return
    host = next(line.split(": ", 1)[1] for line in head if line.lower().startswith("host: "))
    _, wait, *_, image_id = head[0].split(" ")[1].split("/")
    await asyncio.sleep(int(wait) / 1000)
    node = f"http://{host}/{wait}"
    body = json.dumps({"node": node, "image_id": image_id, "state": "cached", "size": 1}).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def main() -> None:
    """Serve until the parent closes the standard input."""
    server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=4096)
    silent = socket.create_server(("0.0.0.0", 0), backlog=4096)
    ports = server.sockets[0].getsockname()[1], silent.getsockname()[1]
    print(*ports, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
