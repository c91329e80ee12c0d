# SPDX-License-Identifier: Apache-2.0
"""Progress of transfers: live on a terminal, else lines."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Callable, TextIO

from glance_cache_nodes.osc.columns import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glance_cache_nodes.osc.transfers import Show, Transfer

_SILENCE = 10.0  # seconds without a line after which one is due
_MOST_LINES = 5  # transfers that are told of at once in lines


@contextlib.contextmanager
def shown_on(stream: TextIO) -> Iterator[Show]:
    """Yield a function that shows transfers, to be called after each change.

    Args:
        stream: standard error, so that standard output has only the result.
    """
    live = _live_display() if stream.isatty() else None
    with live(stream) if live else _lines(stream) as show:
        yield show


def _live_display() -> Callable[[TextIO], contextlib.AbstractContextManager[Show]] | None:
    # rich comes with the extra "client", and not with a Glance that has openstackclient beside it.
    try:
        from glance_cache_nodes.osc import live  # noqa: PLC0415
    except ImportError:
        return None
    return live.display


@contextlib.contextmanager
def _lines(stream: TextIO) -> Iterator[Show]:
    lines = _Lines(stream)
    ended = threading.Event()

    def keep_telling() -> None:
        while not ended.wait(_SILENCE / 10):
            lines.tell_if_due()

    teller = threading.Thread(target=keep_telling, daemon=True)
    teller.start()
    try:
        yield lines.show
    finally:
        ended.set()
        teller.join()


class _Lines:
    """Writes a line when a transfer ends, and at regular intervals."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._transfers: Sequence[Transfer] = ()
        self._last_line = time.monotonic()
        self._told: dict[str, tuple[float, int]] = {}  # when bytes were told of, and how many

    def show(self, transfers: Sequence[Transfer]) -> None:
        with self._lock:
            before = {each.name: each.state for each in self._transfers}
            is_first, self._transfers = not self._transfers, transfers
            for each in transfers:
                if each.is_done and before.get(each.name) not in (None, each.state):
                    self._write(f"{each.name}: {each.state}")
            if is_first:
                self._tell()

    def tell_if_due(self) -> None:
        with self._lock:
            if time.monotonic() - self._last_line >= _SILENCE * 0.9:
                self._tell()

    def _tell(self) -> None:
        done = sum(each.is_done for each in self._transfers)
        moving = [each for each in self._transfers if not each.is_done and each.size is not None]
        if len(self._transfers) > 1 or not moving:
            self._write(f"{done} of {len(self._transfers)} done")
        for each in moving[:_MOST_LINES]:
            self._write(f"{each.name}: {each.state}, {self._bytes(each)}")
        if len(moving) > _MOST_LINES:
            self._write(f"and {len(moving) - _MOST_LINES} more")

    def _bytes(self, transfer: Transfer) -> str:
        now, size = time.monotonic(), transfer.size or 0
        text = bytes_text(size)
        if transfer.total:
            text += f" of {bytes_text(transfer.total)}"
        when, before = self._told.get(transfer.name, (now, size))
        self._told[transfer.name] = (now, size)
        return f"{text}, {bytes_text((size - before) / (now - when))}/s" if now > when else text

    def _write(self, line: str) -> None:
        self._last_line = time.monotonic()
        self._stream.write(f"{line}\n")
        self._stream.flush()
