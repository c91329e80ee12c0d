# SPDX-License-Identifier: Apache-2.0
"""Several real Glance nodes, each in a process of its own, on one database and one store."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

import node_servers
import node_settings
import slow_link
import waiting
from glance_cache_nodes_lab import ports
from node_settings import Setting


@dataclass
class Answer:
    """What a node answered; ``body`` is what came of it before it broke off, if it did."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    is_broken: bool = False


@dataclass
class Node:
    """A node."""

    directory: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Ask it, as admin unless another token is given."""
        return call(self.url, method, path, body, **headers)

    def download(self, image_id: str, **headers: str) -> Answer:
        return self.call("GET", f"/v2/images/{image_id}/file", **headers)

    def log(self) -> str:
        return (self.directory / "glance-api.log").read_text(errors="replace")

    def has(self, image_id: str) -> bool:
        return (self.cache / image_id).exists()

    def part(self, image_id: str) -> int:
        """Return the bytes in the part file of a fill; 0 for none."""
        try:
            return (self.cache / "cache_nodes" / f"{image_id}.part").stat().st_size
        except FileNotFoundError:
            return 0

    def is_idle(self) -> bool:
        """Whether it fills nothing in."""
        return not list((self.cache / "cache_nodes").glob("*.lock"))


@dataclass
class Nodes:
    """All of them."""

    root: Path
    setting: Setting
    sites: list[list[Node]] = field(default_factory=list)

    @property
    def database(self) -> str:
        return self.setting.database or f"sqlite:///{self.root}/{node_settings.SQLITE}"

    @property
    def all(self) -> list[Node]:
        return [node for site in self.sites for node in site]

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def link(self) -> Path:
        return self.root / "link"

    def execute(self, statement: str, **values: object) -> None:
        """Change the tables by hand."""
        engine = sa.create_engine(self.database)
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
        engine.dispose()

    def record(self, url: str, image_id: str, size: int) -> None:
        """Write that a node holds an image."""
        known = "SELECT node_reference_id FROM node_reference WHERE node_reference_url = :url"
        with contextlib.suppress(sa.exc.IntegrityError):
            self.execute("INSERT INTO node_reference (node_reference_url) VALUES (:url)", url=url)
        self.execute(
            "INSERT INTO cached_images (image_id, last_accessed, last_modified, size, hits, "
            f"node_reference_id) VALUES (:id, :now, :now, :size, 0, ({known}))",
            id=image_id,
            now="2026-01-01 00:00:00",
            size=size,
            url=url,
        )

    def forget(self, url: str) -> None:
        """Take a node off the record."""
        known = "SELECT node_reference_id FROM node_reference WHERE node_reference_url = :url"
        self.execute(f"DELETE FROM cached_images WHERE node_reference_id IN ({known})", url=url)
        self.execute("DELETE FROM node_reference WHERE node_reference_url = :url", url=url)

    def rows(self, image_id: str) -> list[str]:
        """Return the nodes on record."""
        answer = self.all[0].call("GET", f"/v2/cache/nodes/{image_id}")
        return json.loads(answer.body)["cached_nodes"]


def call(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """Make a request; a body that breaks off is no error here."""
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    kind = "application/octet-stream" if path.endswith("/file") else "application/json"
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=waiting.GIVE_UP)
    try:
        every = {"X-Auth-Token": "admin", "Content-Type": kind, **given}
        connection.request(method, path, body or None, every)
        response = connection.getresponse()
        return _read(response)
    finally:
        connection.close()


def leave_after(node: Node, image_id: str, count: int) -> None:
    """Begin a download, and hang up after so many bytes."""
    connection = http.client.HTTPConnection(urlsplit(node.url).netloc, timeout=waiting.GIVE_UP)
    connection.request("GET", f"/v2/images/{image_id}/file", headers={"X-Auth-Token": "admin"})
    response = connection.getresponse()
    assert response.read(count)
    response.close()
    connection.close()


def _read(response: http.client.HTTPResponse) -> Answer:
    blocks = []
    try:
        while block := response.read1(1 << 20):
            blocks.append(block)
        body = b"".join(blocks)
        length = response.headers.get("Content-Length")
        is_broken = length is not None and len(body) < int(length)
    except (http.client.HTTPException, OSError):
        body, is_broken = b"".join(blocks), True
    return Answer(response.status, response.headers, body, is_broken)


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def upload(node: Node, data: bytes, **attributes: object) -> str:
    """Make an active image with Glance; return its id."""
    wanted = {
        "name": "image",
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "public",
        **attributes,
    }
    made = node.call("POST", "/v2/images", json.dumps(wanted).encode())
    image_id = json.loads(made.body)["id"]
    done = node.call("PUT", f"/v2/images/{image_id}/file", data)
    assert done.status == 204, done
    return image_id


@contextlib.contextmanager
def running(root: Path, counts: Sequence[int], **setting: Any) -> Iterator[Nodes]:
    """Run sites of so many nodes each, for the block; the words are those of :func:`made`."""
    nodes = made(root, counts, **setting)
    with served(nodes):
        yield nodes


def made(root: Path, counts: Sequence[int], **setting: Any) -> Nodes:
    """Set up sites of nodes that do not run yet.

    Args:
        root: a directory of their own.
        counts: of nodes, in each site.
        setting: as :class:`node_settings.Setting` has it.
    """
    nodes = Nodes(root, Setting(**setting))
    numbers = iter(ports.pick(sum(counts)))
    nodes.sites = [
        [Node(root / f"site{s}-{n}", next(numbers)) for n in range(count)]
        for s, count in enumerate(counts)
    ]
    node_settings.write(nodes)
    if nodes.setting.rate:
        slow_link.create(nodes.link, nodes.setting.rate)
    return nodes


@contextlib.contextmanager
def served(*several: Nodes) -> Iterator[None]:
    """Run nodes for the block, all started at once."""
    try:
        start(*several)
        yield
    finally:
        stop(*several)


def start(*several: Nodes) -> None:
    """Start nodes; return when all answer."""
    each = [(nodes, node) for nodes in several for node in nodes.all]
    for nodes, node in each:
        node_servers.start(nodes, node)
    for _, node in each:
        node_servers.wait_for(node)


def stop(*several: Nodes) -> None:
    """End nodes at once, however they are."""
    for nodes in several:
        for node in nodes.all:
            node_servers.stop(node)
