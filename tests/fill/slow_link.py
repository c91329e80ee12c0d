# SPDX-License-Identifier: Apache-2.0
"""A slow link in front of the file store, which all nodes of a test share, as sites share a WAN.

The file of the link holds the rate in bytes a second and the time at which it is free again.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from pathlib import Path

STATE = struct.Struct("dd")
CHUNK = 64 * 1024


def create(path: Path, rate: float) -> None:
    """Write the file of a link of so many bytes a second; 0 stops all that goes over it."""
    new = path.with_suffix(".new")
    new.write_bytes(STATE.pack(rate, 0.0))
    new.replace(path)  # a process that reads or books meanwhile has the old file


def put_in_front_of_the_store(path: Path) -> None:
    """Let each read of the file store of this process wait for the link."""
    from glance_store._drivers import filesystem  # noqa: PLC0415 - not where the link is made

    class OverTheLink(filesystem.ChunkedFile):
        def __iter__(self):
            for chunk in super().__iter__():
                for begin in range(0, len(chunk), CHUNK):
                    piece = chunk[begin : begin + CHUNK]
                    _pass(path, len(piece))
                    yield piece

    filesystem.ChunkedFile = OverTheLink


def _pass(path: Path, count: int) -> None:
    while not (end := _book(path, count)):
        time.sleep(0.05)
    time.sleep(max(0.0, end - time.monotonic()))


def _book(path: Path, count: int) -> float:
    """Return when so many bytes will have passed; 0 while the link is stopped."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        rate, free = STATE.unpack(os.pread(descriptor, STATE.size, 0))
        if not rate:
            return 0.0
        end = max(free, time.monotonic()) + count / rate
        os.pwrite(descriptor, STATE.pack(rate, end), 0)
        return end
    finally:
        os.close(descriptor)
