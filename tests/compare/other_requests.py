# SPDX-License-Identifier: Apache-2.0
"""What other clients of a node wait for while something happens to it."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from urllib.parse import urlsplit

import timed_download

from glance_nodes import Node

PATHS = ("/v2/images?limit=1", "/healthcheck")
PAUSE = 0.05  # seconds between two requests


class OtherRequests:
    """Clients that list images and check the health of nodes, one after the other, for a block.

    Attributes:
        slowest: seconds that the slowest answer took.
    """

    def __init__(self, *nodes: Node) -> None:
        self.slowest = 0.0
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(node, path), daemon=True)
            for node in nodes
            for path in PATHS
        ]

    def __enter__(self) -> OtherRequests:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, node: Node, path: str) -> None:
        while not self._is_over.is_set():
            self.slowest = max(self.slowest, _seconds(node, path))
            self._is_over.wait(PAUSE)


def _seconds(node: Node, path: str) -> float:
    begin = time.monotonic()
    where, patience = urlsplit(node.url).netloc, timed_download.GIVE_UP
    with (
        contextlib.suppress(OSError, http.client.HTTPException),
        contextlib.closing(http.client.HTTPConnection(where, timeout=patience)) as connection,
    ):
        connection.request("GET", path, headers={"X-Auth-Token": "admin"})
        connection.getresponse().read()
    return time.monotonic() - begin
