# SPDX-License-Identifier: Apache-2.0
"""Clients that ask over HTTP as fast as they are answered; a process of its own.

Standard input has one JSON object: ``clients``, ``calls`` (of each), ``token`` and ``urls``; a
call asks all of them, one after the other. Standard output has one: ``seconds`` in all,
``latencies`` of the calls in seconds, and how many answers were not 200.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit


def main() -> None:
    """Do what standard input says."""
    wanted = json.load(sys.stdin)
    with ThreadPoolExecutor(wanted["clients"]) as clients:
        started = time.perf_counter()
        done = list(clients.map(lambda _: _client(wanted), range(wanted["clients"])))
        seconds = time.perf_counter() - started
    latencies = [latency for latencies, _ in done for latency in latencies]
    json.dump(
        {"seconds": seconds, "latencies": latencies, "errors": sum(bad for _, bad in done)},
        sys.stdout,
    )


def _client(wanted: dict[str, Any]) -> tuple[list[float], int]:
    """Make one client's calls, over connections that it keeps."""
    asked = [urlsplit(url) for url in wanted["urls"]]
    connections = [http.client.HTTPConnection(each.netloc, timeout=60) for each in asked]
    headers = {"X-Auth-Token": wanted["token"], "User-Agent": "bench"}
    latencies, bad = [], 0
    for _ in range(wanted["calls"]):
        started = time.perf_counter()
        for connection, url in zip(connections, asked, strict=True):
            connection.request("GET", url.path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            bad += answer.status != 200
        latencies.append(time.perf_counter() - started)
    for connection in connections:
        connection.close()
    return latencies, bad


if __name__ == "__main__":
    main()
