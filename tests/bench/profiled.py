# SPDX-License-Identifier: Apache-2.0
"""Where the time of a call goes, by whose code it is spent in."""

from __future__ import annotations

import cProfile
import pstats
import sysconfig
from collections import Counter
from collections.abc import Callable
from pathlib import Path

PACKAGES = Path(sysconfig.get_path("purelib"))
WAITS = ("recv_into", "poll'")  # by which the drivers wait for the database
WAITING = "waiting for the database"
Function = tuple[str, int, str]


def shares(action: Callable[[], object]) -> dict[str, float]:
    """Return the share of each package in what an action takes, from 0 to 1, the largest first.

    What is built into Python counts for the package that calls it.
    """
    profile = cProfile.Profile()
    profile.runcall(action)
    seconds: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in pstats.Stats(profile).stats.items():
        if function[0] != "~":
            seconds[_package(function)] += own
        elif any(wait in function[2] for wait in WAITS):
            seconds[WAITING] += own
        else:
            for caller, (_, _, own_for_caller, _) in callers.items():
                seconds[_package(caller)] += own_for_caller
    total = sum(seconds.values())
    return {name: spent / total for name, spent in seconds.most_common()}


def _package(function: Function) -> str:
    path = Path(function[0])
    if path.is_relative_to(PACKAGES):
        return path.relative_to(PACKAGES).parts[0].removesuffix(".py")
    return "glance_cache_nodes" if "glance_cache_nodes" in path.parts else "Python"
