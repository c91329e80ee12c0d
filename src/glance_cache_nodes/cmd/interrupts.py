# SPDX-License-Identifier: Apache-2.0
"""Signals that end a command, held back while it would leave half of its work behind."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Gate:
    """What the signals meet.

    Attributes:
        is_open: whether the next signal raises KeyboardInterrupt; it closes the gate again, so
            that what is done about the first signal is not interrupted by the second one.
        has_waiting: whether a signal came.
    """

    is_open: bool = False
    has_waiting: bool = False

    def take(self, *_: object) -> None:
        """Take a signal."""
        self.has_waiting = True
        self.end_if_open()

    def end_if_open(self) -> None:
        """Raise KeyboardInterrupt where a signal has come and the gate is open."""
        if self.is_open and self.has_waiting:
            self.is_open = False
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def let_in(self) -> Iterator[None]:
        """Let the signals in for a while, those that have come too."""
        self.is_open = True
        try:
            self.end_if_open()
            yield
        finally:
            self.is_open = False


@contextlib.contextmanager
def held() -> Iterator[Gate]:
    """Hold the signals back; one that comes raises KeyboardInterrupt at the end.

    A signal that the process ignores, such as SIGHUP under nohup, is ignored as before.
    """
    gate = Gate()
    before = {number: signal.getsignal(number) for number in ENDING}
    caught = [number for number, old in before.items() if old not in (signal.SIG_IGN, None)]
    for number in caught:
        signal.signal(number, gate.take)
    try:
        yield gate
    finally:
        for number in caught:
            signal.signal(number, before[number])
    if gate.has_waiting:
        raise KeyboardInterrupt
