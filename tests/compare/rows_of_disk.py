# SPDX-License-Identifier: Apache-2.0
"""Cases of the cache disk: it refuses a write in the middle of an image."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable, Iterator

import disks
import timed_download
from other_requests import OtherRequests
from outcomes import Outcome
from sides import MIB, Side
from timed_download import Download, Image

import process_group
from glance_nodes import Node

SIZE = 12 * MIB
REFUSED_AT = 8 * MIB
AGAIN = 2  # further downloads of the image while the disk refuses it
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def too_large_a_file(side: Side, turn: int) -> Outcome:
    """A file may not be as large as the image (EFBIG)."""
    del turn
    image = side.image(size=SIZE)
    with OtherRequests(side.node) as others, _files_limited(side.node):
        downloads = [timed_download.download(side.node, image) for _ in range(1 + AGAIN)]
    return Outcome(downloads, others.slowest)


def no_space_left(side: Side, turn: int) -> Outcome:
    """Somebody else takes the rest of the disk (ENOSPC)."""
    del turn
    image = side.image(size=SIZE)
    with OtherRequests(side.node) as others, contextlib.ExitStack() as stack:
        downloads = [_hit(side, image, lambda: stack.enter_context(disks.full(side.node.cache)))]
        downloads += [timed_download.download(side.node, image) for _ in range(AGAIN)]
    return Outcome(downloads, others.slowest)


def made_read_only(side: Side, turn: int) -> Outcome:
    """The kernel makes the file system read-only (EROFS)."""
    del turn
    image = side.image(size=SIZE)
    with OtherRequests(side.node) as others:
        downloads = [_hit(side, image, lambda: disks.make_read_only(side.node.cache))]
        downloads += [timed_download.download(side.node, image) for _ in range(AGAIN)]
    return Outcome(downloads, others.slowest)


def _hit(side: Side, image: Image, fault: Callable[[], object]) -> Download:
    """Let something happen in the middle of a download."""
    with side.begun(image) as begun:
        fault()
    return begun.result()


@contextlib.contextmanager
def _files_limited(node: Node) -> Iterator[None]:
    """Let the node's processes write no longer file than that, for the block."""
    assert node.process is not None
    members = process_group.members(node.process.pid)
    for member in members:
        resource.prlimit(member, resource.RLIMIT_FSIZE, (REFUSED_AT, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(member, resource.RLIMIT_FSIZE, UNLIMITED)
