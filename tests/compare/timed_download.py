# SPDX-License-Identifier: Apache-2.0
"""Download an image as a client does, and note what came of it and when the first byte came."""

from __future__ import annotations

import hashlib
import http.client
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from glance_nodes import Node

GIVE_UP = 20.0
"""Seconds that a client waits for the first byte, and for each next one."""
BLOCK = 256 * 1024


@dataclass(frozen=True)
class Image:
    """An image and what a client must get of it.

    Attributes:
        label: what the table calls it.
        digest: SHA-256 of the bytes.
    """

    id: str
    label: str
    size: int
    digest: str


def digest_of(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Download:
    """What a client got.

    Attributes:
        status: 0 where no answer came.
        is_whole: whether it was the image.
        first_byte: seconds until it came, or until the client gave up.
        gave_up: whether the client went without a byte.
        seconds: until the end.
    """

    status: int
    is_whole: bool
    first_byte: float
    gave_up: bool
    seconds: float


@dataclass
class Client:
    """One that downloads once.

    Attributes:
        patience: seconds without a byte after which it gives up.
        received: bytes so far.
    """

    node: Node
    image: Image
    token: str = "admin"
    headers: dict[str, str] = field(default_factory=dict)
    patience: float = GIVE_UP
    received: int = 0

    def download(self) -> Download:
        """Download the image."""
        begin = time.monotonic()
        digest, status, first = hashlib.sha256(), 0, 0.0
        is_over = gave_up = False
        connection = http.client.HTTPConnection(
            urlsplit(self.node.url).netloc, timeout=self.patience
        )
        try:
            headers = {"X-Auth-Token": self.token, **self.headers}
            connection.request("GET", f"/v2/images/{self.image.id}/file", headers=headers)
            response = connection.getresponse()
            status = response.status
            while block := response.read1(BLOCK):
                first = first or time.monotonic() - begin
                self.received += len(block)
                digest.update(block)
            is_over = response.length in (0, None)
        except TimeoutError:
            gave_up = not first
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        seconds = time.monotonic() - begin
        is_whole = is_over and status == 200 and digest.hexdigest() == self.image.digest
        return Download(status, is_whole, first or seconds, gave_up, seconds)


class Begun:
    """A download that goes on while something else happens."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._found: list[Download] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._found.append(self.client.download())

    def has_ended(self) -> bool:
        """Return whether it is over."""
        return bool(self._found)

    def result(self) -> Download:
        """Return what the client got, when it has ended."""
        self._thread.join()
        return self._found[0]


def download(node: Node, image: Image, token: str = "admin", **headers: str) -> Download:
    """Download an image."""
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    return Client(node, image, token, given).download()


def together(asked: Sequence[tuple[Node, Image]]) -> list[Download]:
    """Download at all these nodes at once."""
    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(lambda each: download(*each), asked))
