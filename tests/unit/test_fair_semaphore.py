# SPDX-License-Identifier: Apache-2.0
"""The semaphore is acquired in the order in which its callers came."""

from __future__ import annotations

import threading
import time

import waiting
from glance_cache_nodes.db.limits import FairSemaphore


def test_those_who_wait_are_served_in_their_order() -> None:
    semaphore, served = FairSemaphore(1), []
    assert semaphore.acquire(0)

    def wait(number: int) -> None:
        assert semaphore.acquire(waiting.GIVE_UP)
        served.append(number)
        semaphore.release()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(20)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(semaphore._waiting) < number:
            time.sleep(0.001)
    semaphore.release()
    for thread in threads:
        thread.join(waiting.GIVE_UP)
    assert served == list(range(20))


def test_a_caller_that_times_out_leaves_the_queue() -> None:
    semaphore = FairSemaphore(1)
    assert semaphore.acquire(0)
    assert not semaphore.acquire(0.01)
    semaphore.release()
    assert semaphore.acquire(0)


def test_no_more_are_through_at_once_than_may_be() -> None:
    semaphore = FairSemaphore(3)
    assert [semaphore.acquire(0) for _ in range(4)] == [True, True, True, False]
