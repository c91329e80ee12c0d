# SPDX-License-Identifier: Apache-2.0
"""Servers that send an image's bytes, each with a fault of its own."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import canned_glance as canned

import balancer

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = canned.IMAGE_ID
DATA = bytes(range(256)) * 4096  # 1 MiB
OTHER = bytes(reversed(DATA))


def file_path(image_id: str) -> str:
    """Return the path of an image's bytes."""
    return f"/v2/images/{image_id}/file"


FILE_PATH = file_path(IMAGE)


@dataclass
class ImageServer:
    """A node.

    Attributes:
        url: its own.
        data: what it sends.
        stops_at: the byte at which it breaks off.
        status: what it answers instead of the bytes.
        location: where it redirects.
        takes_ranges: whether it knows ranges.
        shift: by how many bytes its ranges are wrong.
        path: of the image's bytes.
        hold: it waits for this before it sends the last byte.
        trickle: seconds between two bytes.
    """

    url: str
    data: bytes = DATA
    stops_at: int | None = None
    status: int = 200
    location: str | None = None
    takes_ranges: bool = True
    shift: int = 0
    hold: threading.Event | None = None
    trickle: float = 0
    path: str = FILE_PATH
    asked: list[canned.Asked] = field(default_factory=list)

    @property
    def ranges(self) -> list[str | None]:
        """The ranges that were asked for, a request each."""
        return [asked.headers.get("Range") for asked in self.asked]


@contextlib.contextmanager
def serve(**fault: object) -> Iterator[ImageServer]:
    """Run a node on a free port of the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    with balancer.running(server) as url:
        server.node = ImageServer(url, **fault)
        yield server.node


def say(glance: canned.CannedGlance, *nodes: str, **fields: object) -> None:
    """Let a canned Glance know the image, and the nodes that hold it."""
    known = {
        "id": IMAGE,
        "name": "cirros",
        "status": "active",
        "size": len(DATA),
        "checksum": hashlib.md5(DATA).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(DATA).hexdigest(),
    }
    glance.answers["GET", f"/v2/images/{IMAGE}"] = canned.body({**known, **fields})
    glance.answers["GET", canned.NODES_PATH] = canned.body({"cached_nodes": nodes})


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        node = self.server.node
        node.asked.append(canned.Asked(self.command, self.path, dict(self.headers)))
        if node.status != 200 or self.path != node.path:
            return self._refuse(node)
        start = self._start() if node.takes_ranges else 0
        self.send_response(206 if start else 200)
        if start:
            start += node.shift
            self.send_header(
                "Content-Range", f"bytes {start}-{len(node.data) - 1}/{len(node.data)}"
            )
        self.send_header("Content-Length", str(len(node.data) - start))
        self.end_headers()
        self._send(node, node.data[start : node.stops_at])
        return None

    def _start(self) -> int:
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])

    def _send(self, node: ImageServer, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the other side may have gone
            while node.trickle and data:
                self.wfile.write(data[:1])
                data = data[1:]
                time.sleep(node.trickle)
            self.wfile.write(data[:-1] if node.hold else data)
            if node.hold:
                self.wfile.flush()
                node.hold.wait(60)
                self.wfile.write(data[-1:])

    def _refuse(self, node: ImageServer) -> None:
        self.send_response(node.status if node.status != 200 else 404)
        if node.location:
            self.send_header("Location", node.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextlib.contextmanager
def endless(status: int) -> Iterator[str]:
    """Run a server whose error has no end, until the client has gone; give its URL."""

    class Endless(_Handler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x" * 65536)

    with balancer.running(ThreadingHTTPServer(("127.0.0.1", 0), Endless)) as url:
        yield url
