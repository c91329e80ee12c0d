# SPDX-License-Identifier: Apache-2.0
"""Many nodes and many calls at once: bounded threads, a fair share, one result for each node."""

from __future__ import annotations

import concurrent.futures
import threading

import fleets
import peer_servers as peers
from peer_servers import IMAGE, Peer

import waiting
from glance_cache_nodes.exception import NodeError
from glance_cache_nodes.fleet import verify
from glance_cache_nodes.fleet.call import Fleet
from glance_cache_nodes.fleet.turn import Turn
from glance_cache_nodes.fleet.workers import OWN

NAME = "cache-nodes-fleet"


def threads() -> int:
    """Return how many threads ask nodes now."""
    return sum(thread.name == NAME for thread in threading.enumerate())


def each(fleet: Fleet, nodes: list[str], job: object) -> list[str]:
    """Do a job for each node, in a call of its own."""
    return fleets.begin(fleet).each(nodes, job, lambda _, error: error.outcome)


def names(count: int) -> list[str]:
    return [f"http://node{number}" for number in range(count)]


def test_no_nodes_have_no_results() -> None:
    assert each(fleets.fleet(), [], None) == []


def test_results_come_in_the_order_of_the_nodes() -> None:
    nodes = names(300)
    assert each(fleets.fleet(timeout=60.0), nodes, lambda node, _: node) == nodes


def test_a_call_asks_no_more_nodes_at_once_than_it_may() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def job(_node: str, _turn: Turn) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1
        return "done"

    assert each(fleets.fleet(timeout=60.0, fleet_concurrency=3), names(200), job) == ["done"] * 200
    assert most <= 3


def test_nodes_that_hang_leave_time_to_those_behind_them() -> None:
    fleet = fleets.fleet(timeout=4.0, fleet_concurrency=10)
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        nodes = [f"{hanging.url}/{number}" for number in range(20)]
        answers = verify.ask(fleets.begin(fleet), IMAGE, [*nodes, good.url])
    assert [answer.state for answer in answers] == ["unverified"] * 20 + ["confirmed"]


def test_a_job_that_fails_is_a_result() -> None:
    def job(node: str, _turn: Turn) -> str:
        if node == "http://node1":
            raise ZeroDivisionError
        if node == "http://node2":
            raise NodeError("refused", "")
        return "done"

    assert each(fleets.fleet(timeout=60.0), names(4), job) == [
        "done",
        "unverified",
        "refused",
        "done",
    ]


def test_many_calls_at_once_share_a_bounded_number_of_threads() -> None:
    fleet = fleets.fleet(timeout=2.0, fleet_concurrency=5)
    most = 0
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        nodes = [f"{hanging.url}/{number}" for number in range(40)]
        nodes += [good.url]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            calls = [
                pool.submit(lambda: verify.ask(fleets.begin(fleet), IMAGE, nodes))
                for _ in range(20)
            ]
            while not all(call.done() for call in calls):
                most = max(most, threads())
                concurrent.futures.wait(calls, timeout=0.01)
        for call in calls:
            answers = call.result()
            assert len(answers) == 41
            assert {answer.state for answer in answers[:40]} <= {"unverified", "unreachable"}
    assert 0 < most <= 2 * 5 + 20 * OWN
    assert waiting.until(lambda: threads() == 0)


def test_a_call_with_few_nodes_has_its_turn_beside_calls_with_many() -> None:
    fleet = fleets.fleet(timeout=60.0, fleet_concurrency=4)
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        many = [f"{hanging.url}/{number}" for number in range(200)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            large = [
                pool.submit(lambda: verify.ask(fleets.begin(fleet), IMAGE, many)) for _ in range(4)
            ]
            assert waiting.until(lambda: len(hanging.requests) >= 4)
            small = verify.ask(fleets.begin(fleet), IMAGE, [good.url])
            assert not any(call.done() for call in large)
            assert small[0].state == "confirmed"
            hanging.ended.set()


def test_calls_whose_nodes_hang_leave_threads_to_the_next() -> None:
    fleet = fleets.fleet(timeout=60.0, fleet_concurrency=4)
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        nodes = [f"{hanging.url}/{number}" for number in range(4)]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            others = [
                pool.submit(lambda: verify.ask(fleets.begin(fleet), IMAGE, nodes)) for _ in range(5)
            ]
            assert waiting.until(lambda: len(hanging.requests) >= 20)
            found = verify.ask(fleets.begin(fleet), IMAGE, [good.url])
            assert not any(call.done() for call in others)
            assert found[0].state == "confirmed"
            hanging.ended.set()


def test_a_job_that_does_not_end_holds_up_neither_its_call_nor_the_next() -> None:
    never = threading.Event()

    def job(node: str, _turn: Turn) -> str:
        if node == "http://node0":
            never.wait()
        return "done"

    fleet = fleets.fleet(timeout=1.0, fleet_concurrency=1)
    assert each(fleet, names(1), job) == ["unreachable"]
    assert each(fleet, names(2)[1:], job) == ["done"]
    never.set()
