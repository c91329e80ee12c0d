# SPDX-License-Identifier: Apache-2.0
"""Whoever waits for a turn gets it in the order of coming."""

from __future__ import annotations

import threading
import time

from glance_cache_nodes.db.turns import Turns

BOUND = 10.0  # seconds


def test_those_who_wait_are_served_in_their_order() -> None:
    turns, served = Turns(1), []
    assert turns.take(0)

    def wait(number: int) -> None:
        assert turns.take(BOUND)
        served.append(number)
        turns.give()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(20)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(turns._waiting) < number:
            time.sleep(0.001)
    turns.give()
    for thread in threads:
        thread.join(BOUND)
    assert served == list(range(20))


def test_who_does_not_get_a_turn_in_time_leaves_the_queue() -> None:
    turns = Turns(1)
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0)


def test_no_more_are_through_at_once_than_may_be() -> None:
    turns = Turns(3)
    assert [turns.take(0) for _ in range(4)] == [True, True, True, False]
