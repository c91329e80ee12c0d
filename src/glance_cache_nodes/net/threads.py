# SPDX-License-Identifier: Apache-2.0
"""Threads: started, or their lack told; bounded in number; native ones also beside eventlet."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import Any, Callable

from glance_cache_nodes.exception import NoThreadError


def is_patched() -> bool:
    """Return whether eventlet has put its green threads in the place of Python's."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("thread"))


def native(name: str) -> Any:
    """Return a module of Python as it is without eventlet."""
    if is_patched():
        return sys.modules["eventlet.patcher"].original(name)
    return importlib.import_module(name)


def start(name: str, target: Callable[[], object], module: Any = threading) -> Any:
    """Start a daemon thread and return it.

    Raises:
        NoThreadError: the system gives this process no more threads.
    """
    thread = module.Thread(target=target, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise NoThreadError(f"no thread can be started: {error}") from error
    return thread


class Limited:
    """Threads of one kind, no more than a limit in the process, those included that hang.

    Args:
        name: of each thread.
        limit: how many there are at once at most.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._free = threading.BoundedSemaphore(limit)

    def start(self, target: Callable[[], object]) -> None:
        """Start a thread.

        Raises:
            NoThreadError: the limit is reached, or the system gives no more.
        """
        if not self._free.acquire(blocking=False):
            raise NoThreadError("all threads are in use")

        def run() -> None:
            try:
                target()
            finally:
                self._free.release()

        try:
            start(self._name, run)
        except NoThreadError:
            self._free.release()
            raise
