# SPDX-License-Identifier: Apache-2.0
"""Cases of many clients, of those who leave, and of those who say what they are not."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

import timed_download
from other_requests import OtherRequests
from outcomes import Outcome
from sides import MIB, Side
from timed_download import Begun, Client, Download

import glance_nodes
import process_group
import slow_link
import waiting

SLOW = 1.5 * MIB  # bytes a second
HOT, LEAVING, CALLERS, WAITING = 3, 6, 8, 16
SECONDS = 6.0
LARGE = 64 * MIB
MARK = "http://node.invalid:9292"


def the_store_hangs_once(side: Side, turn: int) -> Outcome:
    """The read for the first caller hangs; then others come for the same image."""
    del turn
    image = side.image()
    hang = slow_link.Hang(side.nodes.link, image.id)
    hang.begin()
    first = Begun(Client(side.node, image, patience=waiting.GIVE_UP))
    waiting.until(lambda: hang.has_begun() or first.has_ended())
    with OtherRequests(side.node) as others:
        downloads = timed_download.together([(side.node, image)] * WAITING)
        hang.end()
    is_whole = first.result().is_whole
    cached = side.cached((side.node, image))
    faults = () if is_whole else ("the first caller's download is broken",)
    return Outcome(downloads, others.slowest, cached, faults=faults)


def closed_after_a_byte(side: Side, turn: int) -> Outcome:
    """Clients close six downloads after a byte, while the cache is full of hot images."""
    del turn
    hot = [side.image(f"hot {number}") for number in range(HOT)]
    for image in hot:
        timed_download.download(side.node, image)
    side.settle()
    left = [side.image("left") for _ in range(LEAVING)]
    cold = side.image("cold", 2 * MIB)
    side.link(SLOW)
    with OtherRequests(side.node) as others:
        for image in left:
            glance_nodes.leave_after(side.node, image.id, 1)
        beside = timed_download.download(side.node, cold)
    side.link(1e12)
    cached = side.cached(*((side.node, image) for image in (*hot, cold)))
    return Outcome([beside], others.slowest, cached, {"s for 2 MiB": beside.seconds})


def more_than_the_cache_may_hold(side: Side, turn: int) -> Outcome:
    """Eight clients download six images of 1 MiB, and the cache may hold 3.5 MB."""
    return _at_random(side, turn, SECONDS)


def more_than_the_cache_may_hold_once(side: Side, turn: int) -> Outcome:
    """The same for a short run."""
    return _at_random(side, turn, SECONDS / 2)


def _at_random(side: Side, turn: int, seconds: float) -> Outcome:
    images = [side.image(f"{number}") for number in range(6)]
    deadline = time.monotonic() + seconds
    downloads: list[Download] = []

    def client(number: int) -> None:
        chance = random.Random(f"{turn} {number}")
        while time.monotonic() < deadline:
            downloads.append(timed_download.download(side.node, chance.choice(images)))

    with OtherRequests(side.node) as others, ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(client, range(CALLERS)))
    cached = side.cached(*((side.node, image) for image in images))
    return Outcome(downloads, others.slowest, cached)


def marked(side: Side, turn: int) -> Outcome:
    """A client sends the header by which nodes mark their requests."""
    del turn
    return _marked(side)


def marked_only_if_cached(side: Side, turn: int) -> Outcome:
    """It also asks for a cached image only."""
    del turn
    return _marked(side, Cache_Control="only-if-cached")


def _marked(side: Side, **headers: str) -> Outcome:
    image = side.image()
    with OtherRequests(side.node) as others:
        got = timed_download.download(side.node, image, X_Cache_Nodes_Fill=MARK, **headers)
    return Outcome([got], others.slowest, side.cached((side.node, image)))


def cpu_of_eight(side: Side, turn: int) -> Outcome:
    """Eight clients download one cold image: the CPU of all processes of the node."""
    del turn
    image = side.image(size=LARGE)
    assert side.node.process is not None
    group = side.node.process.pid
    before = process_group.cpu(group)
    downloads = timed_download.together([(side.node, image)] * CALLERS)
    cached = side.cached((side.node, image))
    return Outcome(downloads, None, cached, {"CPU": process_group.cpu(group) - before})
