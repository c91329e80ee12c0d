# SPDX-License-Identifier: Apache-2.0
"""What the nodes of two sites do with the same work: reads, seconds, bytes, memory."""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import file_opens
import glance_nodes
import process_group
import slow_link
import waiting
from glance_nodes import Node, Nodes

MIB = 1024 * 1024
RATE = 10.0 * MIB  # bytes a second over the link
IMAGE = 20 * MIB
LARGE = 128 * MIB
ROUNDS = 5
CALLERS = 8


@dataclasses.dataclass
class Figures:
    """What was measured; seconds and bytes.

    Attributes:
        reads_everywhere: of the backend, when all nodes miss at the same moment.
        reads_placed: of the backend, when an image is placed on all nodes at once.
        seconds_one: of one download at an idle node.
        seconds_many: of eight at once at an idle node.
        reads_many: of the backend, for these.
        rate_cached: bytes a second of Glance's own cached file.
        rate_peer: bytes a second of an image that comes from a peer.
        memory: most resident bytes of a node.
        wrong: downloads that were not the image.
    """

    reads_everywhere: int
    reads_placed: int
    seconds_one: float
    seconds_many: float
    reads_many: int
    rate_cached: float
    rate_peer: float
    memory: int
    wrong: int


def figures(nodes: Nodes) -> Figures:
    """Do the work."""
    wrong = 0
    with file_opens.counted(nodes.store) as opens:
        image_id, digest = _image(nodes, IMAGE, 1)
        opens.forget()
        _, bad = _together([each for each in nodes.all for _ in range(2)], image_id, digest)
        wrong += bad
        reads_everywhere = _reads(nodes, opens, image_id)
        one, digest = _image(nodes, IMAGE, 2)
        seconds_one, bad = _together([nodes.all[0]], one, digest)
        wrong += bad
        many, digest = _image(nodes, IMAGE, 3)
        opens.forget()
        seconds_many, bad = _together([nodes.all[0]] * CALLERS, many, digest)
        wrong += bad
        reads_many = _reads(nodes, opens, many)
        placed, digest = _image(nodes, IMAGE, 4)
        opens.forget()
        for node in nodes.all:
            node.call("PUT", f"/v2/cache/{placed}")
        assert waiting.until(lambda: all(node.has(placed) for node in nodes.all))
        reads_placed = _reads(nodes, opens, placed)
    slow_link.create(nodes.link, 1e12)  # the rest is about the nodes, not about the link
    rate_cached, rate_peer = _rates(nodes)
    return Figures(
        reads_everywhere,
        reads_placed,
        seconds_one,
        seconds_many,
        reads_many,
        rate_cached,
        rate_peer,
        max(process_group.peak_memory(node.process.pid) for node in nodes.all),
        wrong,
    )


def _image(nodes: Nodes, size: int, seed: int) -> tuple[str, str]:
    data = glance_nodes.content(size, seed)
    return glance_nodes.upload(nodes.all[0], data), hashlib.sha256(data).hexdigest()


def _together(asked: list[Node], image_id: str, digest: str) -> tuple[float, int]:
    """Download at all these nodes at once; return the seconds and how many bodies were wrong."""
    begin = time.monotonic()
    with ThreadPoolExecutor(len(asked)) as pool:
        digests = list(pool.map(lambda node: download(node, image_id), asked))
    return time.monotonic() - begin, sum(each != digest for each in digests)


def download(node: Node, image_id: str) -> str:
    """Download an image, keep nothing of it, and return its SHA-256."""
    connection = http.client.HTTPConnection(urlsplit(node.url).netloc, timeout=waiting.GIVE_UP)
    digest = hashlib.sha256()
    try:
        connection.request("GET", f"/v2/images/{image_id}/file", headers={"X-Auth-Token": "admin"})
        response = connection.getresponse()
        while block := response.read1(MIB):
            digest.update(block)
    except (OSError, http.client.HTTPException):
        return "broken"
    finally:
        connection.close()
    return digest.hexdigest()


def _reads(nodes: Nodes, opens: file_opens.Opens, image_id: str) -> int:
    assert waiting.until(lambda: all(node.is_idle() for node in nodes.all))
    return opens.of(image_id)


def _rates(nodes: Nodes) -> tuple[float, float]:
    """Return the rates of a cached file and of a first download at the node next to it.

    The same client reads both over the same loopback. They are measured in turns, because the
    machine does other things as well.
    """
    cached, peer = [], []
    holder, other = nodes.sites[0][:2]
    for number in range(ROUNDS):
        image_id, digest = _image(nodes, LARGE, 10 + number)
        _together([holder], image_id, digest)
        assert waiting.until(lambda image_id=image_id: holder.has(image_id))
        assert waiting.until(lambda: all(node.is_idle() for node in nodes.all))
        # The holder may have had it from the other node, which then keeps it.
        other.call("DELETE", f"/v2/cache/{image_id}")
        assert not other.has(image_id)
        cached.append(LARGE / _together([holder], image_id, digest)[0])
        peer.append(LARGE / _together([other], image_id, digest)[0])
        assert waiting.until(lambda: all(node.is_idle() for node in nodes.all))
        for node in (holder, other):
            node.call("DELETE", f"/v2/cache/{image_id}")
    return statistics.median(cached), statistics.median(peer)
