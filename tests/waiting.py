# SPDX-License-Identifier: Apache-2.0
"""How the tests wait for what other processes do: so long that no busy machine breaks them."""

from __future__ import annotations

import time
from collections.abc import Callable

GIVE_UP = 300.0
"""Seconds after which what has not come is taken not to come at all."""


def until(condition: Callable[[], object], every: float = 0.05) -> bool:
    """Wait until the condition holds; return whether it did before we give up."""
    deadline = time.monotonic() + GIVE_UP
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
