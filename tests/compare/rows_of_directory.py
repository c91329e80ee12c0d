# SPDX-License-Identifier: Apache-2.0
"""Cases of the cache directory: what other users and other programs do there."""

from __future__ import annotations

import file_locker
import odd_entries
import sides
import timed_download
from other_requests import OtherRequests
from outcomes import Outcome
from sides import Side


def locked_by_another_user(side: Side, turn: int) -> Outcome:
    """A user of the machine locks whatever he may open in the cache directory."""
    del turn
    timed_download.download(side.node, side.image())  # whatever is made once is there from now on
    side.settle()
    images = [side.image(f"{number}") for number in range(2)]
    with file_locker.locking(side.node.cache), OtherRequests(side.node) as others:
        downloads = [timed_download.download(side.node, image) for image in images]
    cached = side.cached(*((side.node, image) for image in images))
    return Outcome(downloads, others.slowest, cached)


def odd_entries_lie_there(side: Side, turn: int) -> Outcome:
    """A link that leads to itself, a directory x.lock, a FIFO, also under an image's name."""
    del turn
    timed_download.download(side.node, side.image())
    side.settle()
    images = [side.image(label) for label in ("any", "placed", "named")]
    plain, placed, named = images
    with OtherRequests(side.node) as others, odd_entries.made(side.node.cache, named.id):
        downloads = [timed_download.download(side.node, each) for each in (plain, named)]
        side.node.call("PUT", f"/v2/cache/{placed.id}")
        sides.will_hold(side.node, placed)
        cached = side.cached((side.node, plain), (side.node, placed))
    return Outcome(downloads, others.slowest, cached)
