# SPDX-License-Identifier: Apache-2.0
"""A bound on a call that can hang in any way: it runs in a thread that may be given up on."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Callable, TypeVar

Result = TypeVar("Result")


class BusyError(Exception):
    """As many calls run as may run at once; nothing was called."""


class Threads:
    """Runs calls in threads of their own, a bounded number at once.

    A pool's threads would keep the process from ending while one of them hangs. Under eventlet,
    with which older schedulers run, the threads are green ones.

    Args:
        at_once: calls at once, with those that nobody waits for any more.
    """

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    def submit(self, function: Callable[[], Result]) -> Future[Result]:
        """Begin a call; return what will have its result.

        Raises:
            BusyError: too many calls run.
        """
        if not self._free.acquire(blocking=False):
            raise BusyError
        future: Future[Result] = Future()
        try:
            threading.Thread(target=self._run, args=(function, future), daemon=True).start()
        except BaseException:
            self._free.release()
            raise
        return future

    def _run(self, function: Callable[[], Result], future: Future[Result]) -> None:
        try:
            result = function()
        except BaseException as failure:  # noqa: BLE001 - whoever waits has to get it
            self._free.release()
            future.set_exception(failure)
        else:
            self._free.release()
            future.set_result(result)
