# SPDX-License-Identifier: Apache-2.0
"""The body of an answer, decoded, and never more of it in memory than was asked for.

Identity is asked for, and some proxies compress all the same.
"""

from __future__ import annotations

import http.client
import zlib
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import CONNECTION, NodeError
from glance_cache_nodes.net.errors import told

if TYPE_CHECKING:
    from glance_cache_nodes.net.deadline import Deadline

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Body:
    """The answer of a node, of which status and headers are there."""

    def __init__(self, response: http.client.HTTPResponse, deadline: Deadline) -> None:
        self._response, self.deadline = response, deadline
        self.status, self.headers = response.status, response.headers
        encoding = response.headers.get("Content-Encoding") if response.length != 0 else None
        self._decoder = _decoder((encoding or "identity").strip().lower())

    @property
    def length(self) -> int | None:
        """Bytes of the whole body as it will be read; None where that is not known."""
        return None if self._decoder else self._response.length

    def read(self, limit: int) -> bytes:
        """Return the whole body.

        Args:
            limit: bytes that it may have at most.

        Raises:
            NodeError: it is longer, or breaks off.
        """
        blocks: list[bytes] = []
        left = limit + 1
        while left:
            block = self.read1(left)
            if not block:
                return b"".join(blocks)
            blocks.append(block)
            left -= len(block)
        raise NodeError(CONNECTION, f"its answer is longer than {limit} bytes")

    def read1(self, most: int) -> bytes:
        """Return the next bytes as soon as there are any; nothing at the end.

        Args:
            most: bytes at most.

        Raises:
            NodeError: the body breaks off, or is not encoded as its header says.
        """
        with told(self.deadline):
            block = self._decoded(most) if self._decoder else self._plain(most)
            self.deadline.left()  # what a socket gives that was shut may be anything
        return block

    def _plain(self, most: int) -> bytes:
        block = self._response.read1(most)
        if not block and self._response.length:
            raise http.client.IncompleteRead(block, self._response.length)
        return block

    def _decoded(self, most: int) -> bytes:
        decoder = self._decoder
        while decoder and not decoder.eof:
            source = decoder.unconsumed_tail or self._plain(most)
            if not source:
                raise http.client.IncompleteRead(b"")
            try:
                block = decoder.decompress(source, most)
            except zlib.error:
                raise NodeError(CONNECTION, "its answer is not encoded as it says") from None
            if block:
                return block
        return b""


def _decoder(encoding: str) -> zlib._Decompress | None:
    if encoding == "identity":
        return None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    raise NodeError(CONNECTION, f"its answer has the encoding {encoding[:20]!r}")
