# SPDX-License-Identifier: Apache-2.0
"""A slow link in front of the file store, which all nodes of a test share, as sites share a WAN.

The file of the link holds the rate in bytes a second and the time at which it is free again. A file
beside it lets the next read of one file of the store hang.
"""

from __future__ import annotations

import contextlib
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


class Hang:
    """The next read of a file of the store hangs before its first byte; only that one.

    Args:
        path: of the link.
        name: of the file of the store.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._due = path.with_name(f"{path.name}-{name}-due")
        self._hangs = path.with_name(f"{path.name}-{name}-hangs")

    def begin(self) -> None:
        """Let the next read hang."""
        self._due.touch()

    def has_begun(self) -> bool:
        """Return whether a read hangs."""
        return self._hangs.exists()

    def end(self) -> None:
        """Let the read go on."""
        self._due.unlink(missing_ok=True)
        self._hangs.unlink(missing_ok=True)

    def wait(self) -> None:
        """Hang, if this read is the one."""
        with contextlib.suppress(FileNotFoundError):  # no read is to hang, or another one does
            self._due.rename(self._hangs)
            while self._hangs.exists():
                time.sleep(0.05)


def put_in_front_of_the_store(path: Path) -> None:
    """Let each read of the file store of this process wait for the link."""
    from glance_store._drivers import filesystem  # noqa: PLC0415 - not where the link is made

    class OverTheLink(filesystem.ChunkedFile):
        def __iter__(self):
            Hang(path, Path(self.filepath).name).wait()
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
