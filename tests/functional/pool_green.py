# SPDX-License-Identifier: Apache-2.0
"""Ask the database of a URL in many green threads, as Glance's eventlet server does.

Ends with 0 when every question got its own answer and none kept the others waiting.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402
import time  # noqa: E402

import pool_questions  # noqa: E402

CALLERS, QUESTIONS = 32, 200
SLEEPERS, SLEEP = 5, 2.0  # seconds


def main() -> int:
    """Return the exit status."""
    url = sys.argv[1]
    database = pool_questions.database(url, pool_questions.PATIENT)
    callers = eventlet.GreenPool(CALLERS)
    right = all(callers.imap(lambda n: pool_questions.is_right(database, n), range(QUESTIONS)))
    started = time.monotonic()
    list(callers.imap(lambda _: pool_questions.sleep(database, url, SLEEP), range(SLEEPERS)))
    side_by_side = time.monotonic() - started < SLEEPERS * SLEEP
    return 0 if right and side_by_side else 1


if __name__ == "__main__":
    sys.exit(main())
