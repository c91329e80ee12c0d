# SPDX-License-Identifier: Apache-2.0
"""What processes have used, by the kernel's own count (Linux, ``man 5 proc``)."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the name: user and system time.
UTIME, STIME = 11, 12


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process and its children have used."""
    return sum(_cpu(each) for each in family(pid))


def memory(pid: int) -> float:
    """Return the megabytes of a process's children, what they share counted once among them."""
    return sum(_memory(each) for each in family(pid)[1:]) / 1024


def family(pid: int) -> list[int]:
    """Return a process's id and those of its children, their children and so on."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[UTIME]) + int(fields[STIME])) / TICKS


def _memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
