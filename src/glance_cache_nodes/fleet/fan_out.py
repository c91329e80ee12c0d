# SPDX-License-Identifier: Apache-2.0
"""Many nodes at once, within one deadline, one result for each."""

from __future__ import annotations

import collections
import functools
import math
import threading
import time
from typing import TYPE_CHECKING, Callable, Generic, TypeVar

from oslo_log import log

from glance_cache_nodes.exception import NodeError
from glance_cache_nodes.fleet.outcome import UNVERIFIED
from glance_cache_nodes.fleet.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.fleet.workers import Job, Workers

LOG = log.getLogger(__name__)

Result = TypeVar("Result")

# Seconds between two looks for nodes whose turn is over.
_LOOK_EVERY = 0.05


class FanOut(Generic[Result]):
    """One call that asks nodes.

    Each node has an equal part of the time that is left when its turn comes, so that nodes that
    hang in front leave enough to all behind them.

    Args:
        job: asks one node within its turn; raises NodeError when that gives nothing.
        failed: makes a result of that error.
        deadline: when the call ends, by the monotonic clock.
        concurrency: how many nodes are asked at once.
    """

    def __init__(
        self,
        job: Callable[[str, Turn], Result],
        failed: Callable[[str, NodeError], Result],
        deadline: float,
        concurrency: int,
    ) -> None:
        self._job, self._failed = job, failed
        self._deadline, self._concurrency = deadline, concurrency
        self._waiting: collections.deque[str] = collections.deque()
        self._turns: dict[str, Turn] = {}
        self._results: dict[str, Result] = {}
        self._slots: Callable[[], int] = lambda: concurrency
        self._lock = threading.Lock()
        self._finished = threading.Event()

    def run(self, nodes: Sequence[str], workers: Workers) -> list[Result]:
        """Ask all nodes.

        Args:
            nodes: node reference URLs.
            workers: the threads to do it in.

        Returns:
            A result for each node, in their order, at the deadline at the latest.
        """
        if not nodes:
            return []
        self._waiting.extend(dict.fromkeys(nodes))
        self._slots = workers.share
        workers.add(self, min(len(self._waiting), self._concurrency))
        try:
            self._wait(workers)
        finally:
            workers.remove(self)
            self._end()
        return [self._results[node] for node in nodes]

    def take(self) -> Job | None:
        """Return the job of the next node, as :class:`Workers` asks for it."""
        with self._lock:
            if not self._waiting or len(self._turns) >= self._concurrency:
                return None
            turn = Turn(self._seconds())
            node = self._waiting.popleft()
            self._turns[node] = turn
        return functools.partial(self._ask, node, turn)

    def is_exhausted(self) -> bool:
        """Return whether all nodes have had their turn."""
        return not self._waiting

    def _seconds(self) -> float:
        slots = min(self._concurrency, self._slots())
        rounds = math.ceil(len(self._waiting) / slots)
        return max(0.0, self._deadline - time.monotonic()) / rounds

    def _ask(self, node: str, turn: Turn) -> None:
        try:
            result = self._job(node, turn)
        except NodeError as error:
            result = self._failed(node, error)
        except Exception:
            LOG.exception("Asking the node %s failed", node)
            reason = "asking it failed; the log of the node that was called has the reason"
            result = self._failed(node, NodeError(UNVERIFIED, reason))
        with self._lock:
            self._settle(node, result)

    def _settle(self, node: str, result: Result) -> None:
        if self._turns.pop(node, None) is None:
            return  # its turn was over, and it has its result
        self._results[node] = result
        if not self._turns and not self._waiting:
            self._finished.set()

    def _wait(self, workers: Workers) -> None:
        left = self._deadline - time.monotonic()
        while left > 0 and not self._finished.wait(min(left, _LOOK_EVERY)):
            ended = self._end_turns(lambda turn: turn.is_over())
            if ended:
                workers.start(ended)  # theirs may be held up for longer
            left = self._deadline - time.monotonic()

    def _end(self) -> None:
        self._end_turns(lambda _: True)
        with self._lock:
            for node in self._waiting:
                reason = "not asked: the time of the call was over"
                error = NodeError(UNVERIFIED, reason, was_asked=False)
                self._results[node] = self._failed(node, error)
            self._waiting.clear()

    def _end_turns(self, ends: Callable[[Turn], bool]) -> int:
        with self._lock:
            over = [(node, turn) for node, turn in self._turns.items() if ends(turn)]
            for node, turn in over:
                turn.cut()
                self._settle(node, self._failed(node, turn.error()))
        return len(over)
