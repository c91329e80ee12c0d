# SPDX-License-Identifier: Apache-2.0
"""Ask the database of a URL in a process and in those that it forks after its first question.

Ends with 0 when every question got its own answer.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pool_questions

STAYING = 2  # threads: the main one, and the watchdog of the connections
WORKERS, QUESTIONS = 4, 50
BOUND = 240  # seconds, after which the kernel ends each process


def main() -> int:
    """Return the exit status."""
    signal.alarm(BOUND)
    database = pool_questions.database(sys.argv[1], pool_questions.PATIENT)
    right = pool_questions.is_right(database, 0)
    # The thread that has connected is gone for Python before it is for the system, and a fork
    # would take a lock along that OpenSSL holds while a thread ends.
    while len(list(Path("/proc/self/task").iterdir())) > STAYING:
        time.sleep(0.01)
    workers = [_fork(database, number * QUESTIONS) for number in range(1, WORKERS + 1)]
    right = right and _all_right(database, 0)
    return 0 if right and not any(os.waitpid(worker, 0)[1] for worker in workers) else 1


def _fork(database, first: int) -> int:
    worker = os.fork()
    if worker == 0:
        signal.alarm(BOUND)
        os._exit(0 if _all_right(database, first) else 1)
    return worker


def _all_right(database, first: int) -> bool:
    return all(pool_questions.is_right(database, first + number) for number in range(QUESTIONS))


if __name__ == "__main__":
    sys.exit(main())
