# SPDX-License-Identifier: Apache-2.0
"""How often files of a directory are opened, by the kernel's own count (inotify)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

IN_OPEN = 0x20
EVENT = struct.Struct("iIII")
END = "end-of-the-count"


class Opens:
    """The count, which goes on until the block ends.

    The kernel makes one of equal events that nobody has read yet, so a thread reads all the time.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._counted: Counter[str] = Counter()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def of(self, name: str) -> int:
        """Return how often the file of this name was opened so far."""
        return self._counted[name]

    def forget(self) -> None:
        """Begin to count anew."""
        self._counted.clear()

    def end(self, directory: Path) -> None:
        """Let the thread end: it reads until it sees this file."""
        (directory / END).touch()
        self._reading.join()
        (directory / END).unlink()

    def _read(self) -> None:
        while END not in self._counted:
            data = os.read(self._descriptor, 1 << 16)
            while data:
                length = EVENT.unpack_from(data)[3]
                name = data[EVENT.size : EVENT.size + length].rstrip(b"\0").decode()
                self._counted[name] += 1
                data = data[EVENT.size + length :]


@contextlib.contextmanager
def counted(directory: Path) -> Iterator[Opens]:
    """Count from now on, for the block."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    try:
        if descriptor < 0 or libc.inotify_add_watch(descriptor, bytes(directory), IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        opens = Opens(descriptor)
        yield opens
        opens.end(directory)
    finally:
        os.close(descriptor)
