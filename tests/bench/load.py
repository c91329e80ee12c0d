# SPDX-License-Identifier: Apache-2.0
"""Clients that ask over HTTP as fast as they are answered; a process of its own.

Standard input has one JSON object: ``clients``, ``calls`` (of each), ``token`` and ``urls``; a
call asks all of them, one after the other. Standard output has one: ``seconds`` in all,
``latencies`` of the calls in seconds, and how many answers were not 200.

It shares the processors with the servers that are measured, so it does no more than it must: one
thread, connections that are kept, and of an answer it reads the status and the length.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Any
from urllib.parse import urlsplit

REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Auth-Token: {token}\r\nUser-Agent: bench\r\n\r\n"
)
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
OK = b"HTTP/1.1 200 "
BOUND = 60  # seconds for one call


async def main() -> None:
    """Do what standard input says."""
    wanted = json.load(sys.stdin)
    clients = [await _connect(wanted) for _ in range(wanted["clients"])]
    started = time.perf_counter()
    done = await asyncio.gather(*(_client(each, wanted["calls"]) for each in clients))
    seconds = time.perf_counter() - started
    latencies = [latency for latencies, _ in done for latency in latencies]
    json.dump(
        {"seconds": seconds, "latencies": latencies, "errors": sum(bad for _, bad in done)},
        sys.stdout,
    )


async def _connect(wanted: dict[str, Any]) -> list[tuple[Any, Any, bytes]]:
    """Open a client's connections; return each with the request that is sent on it."""
    opened = []
    for url in map(urlsplit, wanted["urls"]):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        request = REQUEST.format(path=url.path, host=url.netloc, token=wanted["token"])
        opened.append((reader, writer, request.encode()))
    return opened


async def _client(connections: list[tuple[Any, Any, bytes]], calls: int) -> tuple[list[float], int]:
    """Make one client's calls."""
    latencies, bad = [], 0
    for _ in range(calls):
        started = time.perf_counter()
        async with asyncio.timeout(BOUND):
            for reader, writer, request in connections:
                writer.write(request)
                bad += not await _is_ok(reader)
        latencies.append(time.perf_counter() - started)
    for _, writer, _ in connections:
        writer.close()
    return latencies, bad


async def _is_ok(reader: asyncio.StreamReader) -> bool:
    """Read one answer to its end; return whether it is 200."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is None:
        raise SystemExit("an answer does not say how long it is")
    await reader.readexactly(int(length[1]))
    return head.startswith(OK)


if __name__ == "__main__":
    asyncio.run(main())
