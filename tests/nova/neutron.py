# SPDX-License-Identifier: Apache-2.0
"""What stands for Neutron: it has nothing, and Nova asks it for the ports of all guests."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import balancer


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Run it on a free port for the block; give its URL."""
    with balancer.running(ThreadingHTTPServer(("127.0.0.1", 0), _Nothing)) as url:
        yield url


class _Nothing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        noun = self.path.partition("?")[0].rstrip("/").rpartition("/")[2].removesuffix(".json")
        body = json.dumps({noun.replace("-", "_"): []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""
