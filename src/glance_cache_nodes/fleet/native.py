# SPDX-License-Identifier: Apache-2.0
"""Threads of the operating system, also in a process that eventlet has patched."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def is_patched() -> bool:
    """Return whether eventlet has put its green threads in the place of Python's."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("thread"))


def module(name: str) -> Any:
    """Return a module of Python as it is without eventlet.

    Args:
        name: such as ``threading`` or ``socket``.
    """
    if is_patched():
        return sys.modules["eventlet.patcher"].original(name)
    return importlib.import_module(name)
