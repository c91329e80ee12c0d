# SPDX-License-Identifier: Apache-2.0
"""Addresses that the record names as nodes, and that no node can be reached at."""

from __future__ import annotations

import contextlib
import itertools
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from glance_cache_nodes_lab import ports

TURNS = 3  # each has holders of its own, so that none is known to be bad before
SILENT, BLACK_HOLES = 10, 12
FULL = 4  # connections that fill a backlog of none


@dataclass(frozen=True)
class BadHolders:
    """The URLs of bad holders.

    Attributes:
        silent: take a connection and never answer; some for each turn.
        black_holes: let a connection wait for ever; some for each turn.
        dead: nobody listens there.
    """

    silent: list[list[str]]
    black_holes: list[list[str]]
    dead: str

    @property
    def all(self) -> list[str]:
        """All of them."""
        return [*itertools.chain(*self.silent, *self.black_holes), self.dead]


@contextlib.contextmanager
def listening() -> Iterator[BadHolders]:
    """Let them listen for the block."""
    with contextlib.ExitStack() as stack:
        yield BadHolders(
            [[_silent(stack) for _ in range(SILENT)] for _ in range(TURNS)],
            [[_black_hole(stack, n) for n in range(BLACK_HOLES)] for _ in range(TURNS)],
            f"http://127.0.0.1:{ports.pick(1)[0]}",
        )


def _silent(stack: contextlib.ExitStack) -> str:
    """Listen and never accept: the kernel takes the connection and what is sent."""
    return _url(_listener(stack, "127.0.0.1", 256))


def _black_hole(stack: contextlib.ExitStack, number: int) -> str:
    """Listen with a full backlog: the kernel drops what else wants to connect."""
    listener = _listener(stack, f"127.9.{number}.1", 0)
    for _ in range(FULL):
        client = stack.enter_context(socket.socket())
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(listener.getsockname())
    return _url(listener)


def _listener(stack: contextlib.ExitStack, host: str, backlog: int) -> socket.socket:
    listener = stack.enter_context(socket.socket())
    listener.bind((host, 0))
    listener.listen(backlog)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"
