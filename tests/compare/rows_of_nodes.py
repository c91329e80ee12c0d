# SPDX-License-Identifier: Apache-2.0
"""Cases of other nodes: those that the record names, and those of the same site."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sides
import timed_download
from other_requests import OtherRequests
from outcomes import Outcome
from sides import MIB, Side
from timed_download import Image

import file_opens

FAILED_FOR = 16.0  # seconds after which a node that failed once is asked again
PROBES = 12  # images at most, to find two that each node reads for the other
SOON = 0.2  # seconds in which the node that has read an image has it in its cache
CROSSWISE = 2  # downloads at each node at once: as many as a server of one thread each has


def silent_holders(side: Side, turn: int) -> Outcome:
    """Two images one after the other, with ten holders that accept and never answer."""
    return _with_holders(side, side.bad.silent[turn], pause=0.0)


def black_holes(side: Side, turn: int) -> Outcome:
    """Two images with twelve holders that let a connection wait; later in the first turn."""
    pause = FAILED_FOR if side.is_ours and not turn else 0.0
    return _with_holders(side, side.bad.black_holes[turn], pause=pause)


def black_holes_once(side: Side, turn: int) -> Outcome:
    """The same, without the pause: for a short run."""
    return _with_holders(side, side.bad.black_holes[turn], pause=0.0)


def _with_holders(side: Side, urls: Sequence[str], pause: float) -> Outcome:
    images = [side.image("first"), side.image("next")]
    for url in urls:
        for image in images:
            side.nodes.record(url, image.id, image.size)
    downloads = []
    with OtherRequests(side.node) as others:
        for image in images:
            downloads.append(timed_download.download(side.node, image))
            time.sleep(pause if image is images[0] else 0.0)
    cached = side.cached(*((side.node, image) for image in images))
    for url in urls:
        side.nodes.forget(url)
    return Outcome(downloads, others.slowest, cached)


def crosswise(side: Side, turn: int) -> Outcome:
    """Cold images at both nodes at once, of which each node reads the other's for the site."""
    del turn
    here, there = (_read_by(side, who)[:CROSSWISE] for who in ("here", "there"))
    asked = [*((side.node, image) for image in there), *((side.other, image) for image in here)]
    with OtherRequests(side.node, side.other) as others:
        downloads = timed_download.together(asked)
    held = side.cached(*asked)
    # By number: which images each node reads for the site differs from side to side.
    cached = frozenset(
        f"download {number}" for number, (_, image) in enumerate(asked) if image.label in held
    )
    side.evict([*here, *there])
    return Outcome(downloads, others.slowest, cached)


def flipped_in_the_store(side: Side, turn: int) -> Outcome:
    """An image that the other node reads for the site is damaged in the store.

    Then one that the other node holds: it is not to blame, so the store is spared as before.
    """
    del turn
    bad = damaged(side, _read_by(side, "there").pop())
    side.images.append(bad)
    good = side.image("healthy")
    timed_download.download(side.other, good)
    side.settle()
    side.node.call("DELETE", f"/v2/cache/{good.id}")  # it may have read it for the other one
    with OtherRequests(side.node) as others, file_opens.counted(side.nodes.store) as opens:
        downloads = [timed_download.download(side.node, bad) for _ in range(2)]
        side.settle()
        opens.forget()
        downloads.append(timed_download.download(side.node, good))
        side.settle()
        reads = opens.of(good.id)
    cached = side.cached((side.node, good))
    faults = ("a healthy node is avoided",) if side.is_ours and reads else ()
    return Outcome(downloads, others.slowest, cached, {"reads": reads}, faults)


def damaged(side: Side, image: Image) -> Image:
    """Flip a byte of an image in the store; return what the store has from now on."""
    path = side.nodes.store / image.id
    flip(path)
    return timed_download.Image(image.id, image.label, image.size, timed_download.digest_of(path))


def flip(path) -> None:
    """Flip a byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _read_by(side: Side, who: str) -> list[Image]:
    """Return images that nobody holds, which the first node (here) or the other (there) reads.

    A node that asks no other one for a cold image, as natively, reads all of them itself; then
    any will do.
    """
    if not side.directions:
        side.directions = {"here": [], "there": []}
        for _ in range(PROBES):
            _probe(side)
            if min(map(len, side.directions.values())) > CROSSWISE:
                break
    found = side.directions[who]
    while len(found) <= CROSSWISE:
        found.append(side.lasting_image(f"any {len(found)} {who}", MIB))
    return found


def _probe(side: Side) -> None:
    """Download a cold image at the first node: the one that read it for the site holds it too."""
    number = sum(map(len, side.directions.values()))
    image = side.lasting_image(f"image {number}", MIB)
    is_read_there = bool(number % 2)
    if side.is_ours:
        timed_download.download(side.node, image)
        sides.will_hold(side.node, image)
        time.sleep(SOON)
        is_read_there = sides.holds(side.other, image)
        side.evict([image])
    side.directions["there" if is_read_there else "here"].append(image)
