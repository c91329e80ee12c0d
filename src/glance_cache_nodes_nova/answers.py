# SPDX-License-Identifier: Apache-2.0
"""Glance's answers, kept for seconds: one call for an image, however many ask for it."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.exception import CallError
from glance_cache_nodes_nova.deadline import BusyError, Threads
from glance_cache_nodes_nova.holders import Holders

if TYPE_CHECKING:
    from concurrent.futures import Future

NOBODY = Holders()


@dataclass(frozen=True)
class Bounds:
    """What the answers may cost.

    Attributes:
        timeout: seconds that one who asks waits.
        lifetime: seconds for which an answer is used again, and for which nothing is asked
            after a failure.
        kept: images.
        at_once: calls.
    """

    timeout: float
    lifetime: float
    kept: int
    at_once: int


class Answers:
    """Asks for holders and keeps them; never raises what the call raises.

    Args:
        ask: returns an image's holders; it may raise anything, or hang.
        bounds: what it may cost.
        failed: is given each failure.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        ask: Callable[[str], Holders],
        bounds: Bounds,
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._bounds, self._failed, self._clock = ask, bounds, failed, clock
        self._threads = Threads(bounds.at_once)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Future[Holders]]] = OrderedDict()
        self._paused_until = float("-inf")

    def holders(self, image_id: str) -> Holders:
        """Return who has the image; nobody, when that is not known within the timeout.

        Args:
            image_id: the image's UUID.
        """
        try:
            future = self._begun(image_id)
            return future.result(self._bounds.timeout) if future else NOBODY
        except concurrent.futures.TimeoutError:
            failure: Exception = TimeoutError(f"no answer within {self._bounds.timeout:g} s")
        except BusyError:
            failure = BusyError(f"{self._bounds.at_once} calls still wait for an answer")
        except Exception as raised:  # noqa: BLE001 - a boot must not fail for it
            failure = raised
        # Outside of the block above: oslo.log adds to a line what is being handled.
        if not _is_of_one_image(failure):
            self._pause()
        self._failed(failure)
        return NOBODY

    def _begun(self, image_id: str) -> Future[Holders] | None:
        with self._lock:
            now = self._clock()
            if now < self._paused_until:
                return None
            made, future = self._kept.get(image_id, (float("-inf"), None))
            if future is None or now - made >= self._bounds.lifetime:
                future = self._threads.submit(lambda: self._ask(image_id))
                self._kept[image_id] = (now, future)
            self._kept.move_to_end(image_id)
            while len(self._kept) > self._bounds.kept:
                self._kept.popitem(last=False)
            return future

    def _pause(self) -> None:
        with self._lock:
            self._paused_until = self._clock() + self._bounds.lifetime
            # What failed is asked again then, and what hangs is not waited for twice.
            self._kept.clear()


def _is_of_one_image(failure: Exception) -> bool:
    # Many images at once are no failure of Glance; calls that hang have had their pause.
    return isinstance(failure, BusyError) or (
        isinstance(failure, CallError) and failure.status == HTTPStatus.NOT_FOUND
    )
