# SPDX-License-Identifier: Apache-2.0
"""Processes that continue after the command that starts them, identified beyond their pid."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TERM_BOUND = 10.0
KILL_BOUND = 60.0
POLL = 0.05


@dataclass(frozen=True)
class Process:
    """One process of one boot of the machine; the system uses a pid again.

    Args:
        pid: its number.
        started: the boot it runs in and the clock tick at which it began.
    """

    pid: int
    started: str


def spawn(argv: list[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start a program in a new session; append its output to the log.

    Raises:
        OSError: there is no such program, or it may not be run.
    """
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        argv[0],
        argv,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
    )
    # One that ended at once has no identity any more; it is then found not to be running.
    return identify(pid) or Process(pid, "")


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Delay signals during the block, so that each process that it starts is also recorded."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_running(process: Process | None) -> bool:
    """Return whether exactly this process runs now."""
    if process is None:
        return False
    with contextlib.suppress(ChildProcessError):  # ours to bury only in the process that spawned it
        os.waitpid(process.pid, os.WNOHANG)
    return identify(process.pid) == process


def stop(processes: Iterable[Process]) -> None:
    """End the processes: SIGTERM, and SIGKILL after ``TERM_BOUND`` seconds."""
    alive = [process for process in processes if is_running(process)]
    for number, bound in ((signal.SIGTERM, TERM_BOUND), (signal.SIGKILL, KILL_BOUND)):
        for process in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
        alive = _still_running(alive, bound)


def _still_running(processes: list[Process], bound: float) -> list[Process]:
    deadline = time.monotonic() + bound
    alive = processes
    while (alive := [each for each in alive if is_running(each)]) and time.monotonic() < deadline:
        time.sleep(POLL)
    return alive


def identify(pid: int) -> Process | None:
    """Return the process that has this number now; None where all its threads have ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets and may hold anything, so count behind it.
    state, *fields = stat.rpartition(")")[2].split()
    threads, started = int(fields[16]), fields[18]
    # A main thread that has ended is a zombie while the others end, and they hold the ports.
    if state in "ZX" and threads <= 1:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Process(pid, f"{boot}/{started}")
