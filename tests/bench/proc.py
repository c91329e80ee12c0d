# SPDX-License-Identifier: Apache-2.0
"""What processes have used, by the kernel's own count (Linux, ``man 5 proc``)."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process and its children have used."""
    return sum(map(_cpu, family(pid)))


def memory(pid: int) -> float:
    """Return the megabytes of a process's children, what they share counted once among them."""
    return sum(_memory(each) for each in family(pid)[1:]) / 1024


def threads(pid: int) -> int:
    """Return how many threads a process has now."""
    return _status(pid, "Threads")


def peak(pid: int) -> float:
    """Return the most memory that a process has had, in MiB."""
    return _status(pid, "VmHWM") / 1024


def family(pid: int) -> list[int]:
    """Return a process's id and those of its children, their children and so on."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def _cpu(pid: int) -> float:
    # The number of its clock, as clock_getcpuclockid makes it; its stat counts in ticks of 10 ms.
    return time.clock_gettime(~pid << 3 | 2)


def _memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
