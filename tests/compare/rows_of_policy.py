# SPDX-License-Identifier: Apache-2.0
"""Cases of who may download, and of clients that are sent to another node."""

from __future__ import annotations

import time

import glanceclient
import timed_download
from other_requests import OtherRequests
from outcomes import Outcome
from rows_of_nodes import flip
from sides import Side
from timed_download import Download, Image

TRIES = 4  # of Cinder, one second apart
PROTECTION = """
[^x_hidden$]
create = admin
read = admin
update = admin
delete = admin
[.*]
create = admin,member,reader
read = admin,member,reader
update = admin,member,reader
delete = admin,member,reader
"""
POLICY = """{"download_image": "role:admin or 'yes':%(x_hidden)s"}"""


def hidden_property(side: Side, turn: int) -> Outcome:
    """The rule compares with a property that the caller may not see.

    He asks for a cold image, for one that somebody else downloads now, and for one of the other
    node.
    """
    del turn
    cold, running, held = (side.image(x_hidden="yes") for _ in range(3))
    timed_download.download(side.other, held)
    side.settle()
    side.node.call("DELETE", f"/v2/cache/{held.id}")
    with OtherRequests(side.node) as others:
        downloads = [timed_download.download(side.node, cold, token="member")]
        with side.begun(running):
            downloads.append(timed_download.download(side.node, running, token="member"))
        downloads.append(timed_download.download(side.node, held, token="member"))
    return Outcome(downloads, others.slowest)


def dead_holder(side: Side, turn: int) -> Outcome:
    """The node that holds the image by the record is dead."""
    del turn
    image = side.image()
    side.nodes.record(side.bad.dead, image.id, image.size)
    with OtherRequests(side.node) as others:
        got = _as_cinder_does(side, image)
    side.nodes.forget(side.bad.dead)
    return Outcome([got], others.slowest)


def holder_with_a_flipped_byte(side: Side, turn: int) -> Outcome:
    """The copy of the node that holds the image has a flipped byte."""
    del turn
    image = side.image()
    timed_download.download(side.other, image)
    side.settle()
    flip(side.other.cache / image.id)
    with OtherRequests(side.node) as others:
        got = _as_cinder_does(side, image)
    return Outcome([got], others.slowest)


def _as_cinder_does(side: Side, image: Image) -> Download:
    """Download with glanceclient, which checks the hash, and try again as Cinder does."""
    begin = time.monotonic()
    for _ in range(TRIES):
        client = glanceclient.Client("2", endpoint=side.node.url, token="admin")
        tried = time.monotonic()
        try:
            body = iter(client.images.data(image.id))
            first = next(body)
            first_byte = time.monotonic() - begin
            size = len(first) + sum(map(len, body))
        except Exception as error:  # noqa: BLE001 - whatever it is, Cinder tries again
            print(f"    glanceclient: {type(error).__name__}: {error}"[:200], flush=True)
            time.sleep(max(0.0, tried + 1 - time.monotonic()))
            continue
        seconds = time.monotonic() - begin
        return Download(200, size == image.size, first_byte, False, seconds)
    seconds = time.monotonic() - begin
    return Download(0, False, seconds, False, seconds)
