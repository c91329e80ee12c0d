# SPDX-License-Identifier: Apache-2.0
"""The connections to the database stay right with threads, forks, eventlet and too many callers."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import pool_questions
from glance_cache_nodes.exception import DatabaseUnavailableError

HERE = Path(__file__).parent
CALLERS = 40
FIRST = 16
BOUND = 2.0  # seconds
# If so many waited for each other, the last one would need at least this: far more than the bound,
# so that no busy machine comes near it.
TOO_MANY = 160
ONE_AFTER_ANOTHER = BOUND * TOO_MANY / pool_questions.POOL_SIZE


@pytest.fixture
def url(tmp_path) -> str:
    """Return where the tests' database is; it need not have any table."""
    return os.environ.get("TEST_DATABASE_URL", f"sqlite:///{tmp_path}/pool.sqlite")


def test_each_of_many_threads_gets_its_own_answer(url) -> None:
    database = pool_questions.database(url, pool_questions.PATIENT)
    with ThreadPoolExecutor(CALLERS) as callers:
        assert all(
            callers.map(lambda number: pool_questions.is_right(database, number), range(400))
        )


def test_threads_that_open_the_first_connections_at_once_all_get_one(url) -> None:
    usual = sys.getswitchinterval()
    gc.freeze()  # what earlier tests have left is not looked through sixty times
    sys.setswitchinterval(1e-6)  # so that each is interrupted everywhere
    try:
        with ThreadPoolExecutor(FIRST) as callers:
            for _ in range(60):
                together, database = (
                    threading.Barrier(FIRST),
                    pool_questions.database(url, pool_questions.PATIENT),
                )

                def first(number: int, together=together, database=database) -> bool:
                    together.wait()
                    return pool_questions.is_right(database, number)

                assert all(callers.map(first, range(FIRST)))
                del first, database
                gc.collect()  # an engine refers to itself: so its connections are closed now
    finally:
        sys.setswitchinterval(usual)
        gc.unfreeze()


def test_a_connection_serves_a_thread_that_did_not_open_it(url) -> None:
    database = pool_questions.database(url, pool_questions.PATIENT)
    assert pool_questions.is_right(database, 1)
    answers: list[bool] = []
    other = threading.Thread(target=lambda: answers.append(pool_questions.is_right(database, 2)))
    other.start()
    other.join()
    assert answers == [True]


@pytest.mark.parametrize("program", ["pool_forked.py", "pool_green.py"])
def test_forked_processes_and_green_threads_get_their_own_answers(program: str, url) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / program), url],
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_more_callers_than_connections_are_all_told_within_the_bound(tmp_path) -> None:
    path = tmp_path / "locked.sqlite"
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("CREATE TABLE numbers (number)")
    blocker.execute("BEGIN EXCLUSIVE")
    database = pool_questions.database(f"sqlite:///{path}", BOUND)

    def seconds_to_refuse(_number: int) -> float:
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailableError):
            database.rows(pool_questions.NUMBERS, {})
        return time.monotonic() - started

    with ThreadPoolExecutor(TOO_MANY) as callers:
        assert max(callers.map(seconds_to_refuse, range(TOO_MANY))) < ONE_AFTER_ANOTHER
        blocker.execute("ROLLBACK")
        blocker.close()
        numbers = callers.map(lambda _: database.rows(pool_questions.NUMBERS, {}), range(TOO_MANY))
        assert list(numbers) == [[]] * TOO_MANY
