# SPDX-License-Identifier: Apache-2.0
"""Many nodes at once, within one deadline, one result for each."""

from __future__ import annotations

import collections
import dataclasses
import math
import threading
import time
from typing import TYPE_CHECKING, Callable, Generic, TypeVar

from oslo_log import log

from glance_cache_nodes.exception import TIMEOUT, NodeError, NoThreadError
from glance_cache_nodes.net.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.net.threads import Limited

LOG = log.getLogger(__name__)

Result = TypeVar("Result")

# Seconds between two looks at the jobs, and those that one may go on beyond its deadline.
_LOOK_EVERY, _GRACE = 0.05, 0.5
# A few threads ask nodes that answer at once as fast as many do, which would only wait for each
# other: in half of the processor's time. So another one begins in place of each that waits for its
# node: for longer than so many seconds, or than so many while this process is busy all the time.
_FIRST_THREADS = 4
_SLOW, _SLOW_WHEN_BUSY = 0.02, 0.3
_BUSY = 0.7  # of a processor


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one call to many nodes may take.

    Attributes:
        until: when the last node's time ends, by the monotonic clock.
        slack: seconds after it for telling what came of each, in which the call ends.
        node_timeout: seconds that one node has at most.
        concurrency: how many nodes are asked at once.
    """

    until: float
    slack: float
    node_timeout: float
    concurrency: int


class FanOut(Generic[Result]):
    """One call that asks nodes.

    Where many nodes are silent, each has an equal part of the time that is left when it is asked,
    so that all of them are.

    Args:
        job: asks one node within a deadline; raises NodeError when that gives nothing.
        failed: makes a result of that error.
        limits: what the call may take.
    """

    def __init__(
        self,
        job: Callable[[str, Deadline], Result],
        failed: Callable[[str, NodeError], Result],
        limits: Limits,
    ) -> None:
        self._job, self._failed, self._limits = job, failed, limits
        self._waiting: collections.deque[str] = collections.deque()
        self._running: dict[str, Deadline] = {}
        self._results: dict[str, Result] = {}
        self._lock = threading.Lock()
        self._finished = threading.Event()

    def run(self, nodes: Sequence[str], threads: Limited) -> list[Result]:
        """Ask all nodes.

        Args:
            nodes: node reference URLs.
            threads: where the threads come from.

        Returns:
            A result for each node, in their order, at the deadline at the latest.
        """
        self._waiting.extend(dict.fromkeys(nodes))
        if self._waiting and self._start(threads, min(_FIRST_THREADS, self._limits.concurrency)):
            self._wait(threads)
        self._end(math.inf)
        return [self._results[node] for node in nodes]

    def _start(self, threads: Limited, most: int) -> int:
        """Start threads for what waits; return how many there are."""
        count = max(0, min(most, len(self._waiting)))
        started = 0
        try:
            while started < count:
                threads.start(self._work)
                started += 1
        except NoThreadError as error:
            LOG.warning("Of %d threads to ask nodes with, %d began: %s", count, started, error)
        return started

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or time.monotonic() >= self._limits.until:
                    return
                deadline = Deadline(self._seconds())
                node = self._waiting.popleft()
                self._running[node] = deadline
            result = self._ask(node, deadline)
            with self._lock:
                if node not in self._running:
                    return  # its time was over, and another thread has begun in place of this one
                self._settle(node, result)

    def _seconds(self) -> float:
        rounds = math.ceil(len(self._waiting) / self._limits.concurrency)
        left = max(0.0, self._limits.until - time.monotonic())
        return min(self._limits.node_timeout, left / rounds)

    def _ask(self, node: str, deadline: Deadline) -> Result:
        try:
            return self._job(node, deadline)
        except NodeError as error:
            return self._failed(node, error)
        except Exception:
            LOG.exception("Asking the node %s failed", node)
            reason = "asking it failed; the log of the node that was called has the reason"
            return self._failed(node, NodeError(TIMEOUT, reason))

    def _settle(self, node: str, result: Result) -> None:
        del self._running[node]
        self._results[node] = result
        if not self._running and not self._waiting:
            self._finished.set()

    def _wait(self, threads: Limited) -> None:
        end, load = self._limits.until + self._limits.slack, _Load()
        while not self._finished.wait(min(_LOOK_EVERY, max(0.0, end - time.monotonic()))):
            now = time.monotonic()
            if now >= end:
                return
            # A job that nothing can end, such as one that waits for a disk, holds up nobody.
            self._start(threads, self._end(now - _GRACE))
            self._start(threads, self._wanted(now - (_SLOW_WHEN_BUSY if load.is_busy() else _SLOW)))

    def _wanted(self, moment: float) -> int:
        """Return how many threads are missing, if jobs that began before a moment do not count."""
        with self._lock:
            running = len(self._running)
            slow = sum(each.until - each.seconds < moment for each in self._running.values())
        return min(_FIRST_THREADS + slow, self._limits.concurrency) - running

    def _end(self, moment: float) -> int:
        """End the jobs whose deadline was before a moment; in the end also what was not begun."""
        with self._lock:
            over = [node for node, each in self._running.items() if each.until < moment]
            for node in over:
                deadline = self._running[node]
                deadline.cut()
                reason = f"no answer within {deadline.seconds:.1f} s"
                self._settle(node, self._failed(node, NodeError(TIMEOUT, reason)))
            if moment == math.inf:
                self._end_waiting()
        return len(over)

    def _end_waiting(self) -> None:
        for node in self._waiting:
            reason = "not asked: the time of the call was over"
            error = NodeError(TIMEOUT, reason, was_asked=False)
            self._results[node] = self._failed(node, error)
        self._waiting.clear()


class _Load:
    """How much of a processor this process has used since the last look."""

    def __init__(self) -> None:
        self._used, self._seen = time.process_time(), time.monotonic()

    def is_busy(self) -> bool:
        """Return whether it was busy since the last look."""
        used, seen = time.process_time(), time.monotonic()
        busy = used - self._used > _BUSY * (seen - self._seen)
        self._used, self._seen = used, seen
        return busy
