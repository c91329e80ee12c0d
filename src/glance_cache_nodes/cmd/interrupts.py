# SPDX-License-Identifier: Apache-2.0
"""Signals that end a command, held back while it would leave half of its work behind."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the signals back; they take effect at the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def let_in() -> Iterator[None]:
    """Within ``held``, let the signals in for a while; the first one raises KeyboardInterrupt.

    The others stay held back, so that what is done about the first one is not interrupted.
    """
    handlers = {number: signal.getsignal(number) for number in ENDING}
    caught = [number for number, old in handlers.items() if old not in (signal.SIG_IGN, None)]
    for number in caught:
        signal.signal(number, _interrupt)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        for number in caught:
            signal.signal(number, handlers[number])


def _interrupt(*_: object) -> NoReturn:
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    raise KeyboardInterrupt
