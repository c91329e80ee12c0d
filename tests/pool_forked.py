# SPDX-License-Identifier: Apache-2.0
"""Ask the database of a URL in a process and in those that it forks after its first question.

Ends with 0 when every question got its own answer.
"""

from __future__ import annotations

import os
import sys

import pool_questions

WORKERS, QUESTIONS = 4, 50


def main() -> int:
    """Return the exit status."""
    database = pool_questions.database(sys.argv[1])
    right = pool_questions.is_right(database, 0)
    workers = [_fork(database, number * QUESTIONS) for number in range(1, WORKERS + 1)]
    right = right and _all_right(database, 0)
    return 0 if right and not any(os.waitpid(worker, 0)[1] for worker in workers) else 1


def _fork(database, first: int) -> int:
    worker = os.fork()
    if worker == 0:
        os._exit(0 if _all_right(database, first) else 1)
    return worker


def _all_right(database, first: int) -> bool:
    return all(pool_questions.is_right(database, first + number) for number in range(QUESTIONS))


if __name__ == "__main__":
    sys.exit(main())
