# SPDX-License-Identifier: Apache-2.0
"""The time of one node to answer, and the socket that is shut after it."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import NodeError
from glance_cache_nodes.fleet.outcome import UNREACHABLE, UNVERIFIED

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME, CONNECTION, ANSWER = "address for its name", "connection", "answer"
"""What a node is waited for, in this order."""


class Turn:
    """The time of one node.

    Args:
        seconds: how long it lasts, from now on.

    Attributes:
        until: when it is over, by the monotonic clock.
        awaited: what it is waited for: :data:`NAME`, :data:`CONNECTION` or :data:`ANSWER`.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.until = time.monotonic() + seconds
        self.awaited = NAME
        self._is_cut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def left(self) -> float:
        """Return the remaining seconds.

        Raises:
            NodeError: none are.
        """
        left = self.until - time.monotonic()
        if self._is_cut or left <= 0:
            raise self.error()
        return left

    def is_over(self) -> bool:
        """Return whether its time is over."""
        return self._is_cut or time.monotonic() >= self.until

    def error(self) -> NodeError:
        """Return the reason for a node whose time is over."""
        outcome = UNVERIFIED if self.awaited == ANSWER else UNREACHABLE
        return NodeError(outcome, f"no {self.awaited} within {self._seconds:.1f} s")

    @contextlib.contextmanager
    def watching(self, connection: socket.socket) -> Iterator[None]:
        """Let :meth:`cut` shut this socket during the block."""
        # A duplicate: the descriptor of a socket that is closed meanwhile may be another one's.
        with socket.socket(fileno=os.dup(connection.fileno())) as own:
            self._watch(own)
            try:
                yield
            finally:
                self._watch(None)

    def cut(self) -> None:
        """End it now: what reads from the socket or writes to it fails."""
        with self._lock:
            self._is_cut = True
            if self._socket is not None:
                with contextlib.suppress(OSError):  # the node has closed it already
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _watch(self, connection: socket.socket | None) -> None:
        with self._lock:
            self._socket = connection
        if connection is not None and self._is_cut:
            raise self.error()
