# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback with two small images, for what tempest lets Glance download."""

from __future__ import annotations

import contextlib
import functools
import http.server
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SIZE = 1 << 16


@dataclass(frozen=True)
class Site:
    """Where the images are."""

    port: int

    @property
    def raw(self) -> str:
        """Address of an image of no particular format."""
        return f"http://{HOST}:{self.port}/image.raw"

    @property
    def qcow2(self) -> str:
        """Address of an image that Glance finds to be a qcow2."""
        return f"http://{HOST}:{self.port}/image.qcow2"


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[Site]:
    """Serve for as long as the block lasts."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "image.raw").write_bytes(b"raw image\n" * (SIZE // 10))
    (directory / "image.qcow2").write_bytes(_qcow2())
    handler = functools.partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer((HOST, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(server.server_port)
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words) -> None:
        """Say nothing; tempest's own log has the requests."""


def _qcow2() -> bytes:
    """Return an empty qcow2 of version 3: a header, and no cluster in use."""
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        *(b"QFI\xfb", 3, 0, 0, 16, SIZE, 0, 1, SIZE, 2 * SIZE, 1, 0, 0, 0, 0, 0, 4, 104),
    )
    return header.ljust(3 * SIZE, b"\0")
