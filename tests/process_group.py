# SPDX-License-Identifier: Apache-2.0
"""All processes of a server that a test has started: its group, as ``/proc`` shows it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Of what follows the name in ``stat``.
GROUP, USER, CHILDREN_SYSTEM = 2, 11, 14


def members(group: int) -> list[int]:
    """Return the processes of a group."""
    return [int(path.name) for path, _ in _stats(group)]


def cpu(group: int) -> float:
    """Return the seconds of CPU that the processes of a group have had, with ended children."""
    ticks = (sum(map(int, words[USER : CHILDREN_SYSTEM + 1])) for _, words in _stats(group))
    return sum(ticks) / TICKS


def peak_memory(group: int) -> int:
    """Return the most resident bytes that one process of a group has had."""
    return max(_memory(group, "VmHWM:"))


def memory(group: int) -> int:
    """Return the resident bytes of all processes of a group together."""
    return sum(_memory(group, "VmRSS:"))


def descriptors(group: int) -> int:
    """Return how many descriptors the processes of a group have open together."""
    found = 0
    for path, _ in _stats(group):
        with contextlib.suppress(OSError):  # it has just ended
            found += sum(1 for _ in (path / "fd").iterdir())
    return found


def _memory(group: int, name: str) -> list[int]:
    found = []
    for path, _ in _stats(group):
        with contextlib.suppress(OSError):
            lines = (path / "status").read_text().splitlines()
            found += [int(line.split()[1]) * 1024 for line in lines if line.startswith(name)]
    return found


def _stats(group: int) -> Iterator[tuple[Path, list[str]]]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[GROUP]) == group:
            yield path, words
