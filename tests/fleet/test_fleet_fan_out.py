# SPDX-License-Identifier: Apache-2.0
"""Many nodes and many calls at once: bounded threads, a fair share, one result for each node."""

from __future__ import annotations

import concurrent.futures
import threading
from pathlib import Path

import fleets
import peer_servers as peers
import pytest
from peer_servers import Peer

import waiting
from glance_cache_nodes.exception import CONNECTION, NodeError, TooManyCallsError
from glance_cache_nodes.net.deadline import Deadline
from glance_cache_nodes.net.node_calls import NodeCalls

NAME = "cache-nodes-fleet"


def threads() -> int:
    """Return how many threads ask nodes now."""
    return sum(thread.name == NAME for thread in threading.enumerate())


def each(fleet: NodeCalls, nodes: list[str], job: object) -> list[str]:
    """Do a job for each node, in a call of its own."""
    with fleets.begin(fleet) as call:
        return call.each(nodes, job, lambda _, error: error.code)


def names(count: int) -> list[str]:
    return [f"http://node{number}" for number in range(count)]


def test_no_nodes_have_no_results() -> None:
    assert each(fleets.fleet(), [], None) == []


def test_results_come_in_the_order_of_the_nodes() -> None:
    nodes = names(300)
    assert each(fleets.fleet(timeout=60.0), nodes, lambda node, _: node) == nodes


def test_a_call_asks_no_more_nodes_at_once_than_it_may() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def job(_node: str, _deadline: Deadline) -> str:
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
        answers = fleets.verify(fleet, [*nodes, good.url])
    assert [answer.state for answer in answers] == ["unverified"] * 20 + ["confirmed"]


def test_a_job_that_fails_is_a_result() -> None:
    def job(node: str, _deadline: Deadline) -> str:
        if node == "http://node1":
            raise ZeroDivisionError
        if node == "http://node2":
            raise NodeError(CONNECTION, "")
        return "done"

    assert each(fleets.fleet(timeout=60.0), names(4), job) == [
        "done",
        "timeout",
        "connection",
        "done",
    ]


def test_calls_at_once_are_bounded_in_number_and_threads() -> None:
    fleet = fleets.fleet(timeout=60.0, fleet_concurrency=5, fleet_calls=4)
    with Peer(peers.hangs) as hanging:
        nodes = [f"{hanging.url}/{number}" for number in range(40)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(fleets.verify, fleet, nodes) for _ in range(4)]
            assert waiting.until(lambda: len(hanging.requests) >= 4 * 5)
            with pytest.raises(TooManyCallsError):
                fleets.verify(fleet, nodes)
            assert threads() == 4 * 5
            hanging.ended.set()
        assert all(len(call.result()) == 40 for call in calls)
    assert waiting.until(lambda: threads() == 0)
    assert len(fleets.verify(fleet, nodes[:1])) == 1  # a call that has ended frees its place


def test_jobs_that_never_end_take_no_more_threads_than_there_may_be() -> None:
    never = threading.Event()
    fleet = fleets.fleet(timeout=1.0, fleet_concurrency=2, fleet_calls=1)
    for _ in range(3):
        assert each(fleet, names(2), lambda *_: never.wait()) == ["timeout"] * 2
    assert threads() == 2
    never.set()
    assert waiting.until(lambda: threads() == 0)


def test_one_silent_node_takes_node_timeout_and_not_the_whole_call() -> None:
    fleet = fleets.fleet(timeout=600.0, node_timeout=1.0)
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        answers = fleets.verify(fleet, [hanging.url, *(f"{good.url}/{n}" for n in range(99))])
    assert answers[0].reason == "no answer within 1.0 s"
    assert len(answers) == 100


def test_the_sites_file_is_read_before_the_first_node_is_asked(tmp_path: Path) -> None:
    sites = tmp_path / "sites.yaml"
    sites.write_text('edge: {nodes: ["http://node*"]}\n')
    fleet = fleets.fleet(sites=sites)
    with fleets.begin(fleet) as call:
        sites.write_text('edge: {nodes: ["http://other"]}\n')
        assert call.each(names(1), lambda *_: "asked", lambda _, error: error.code) == ["asked"]
    assert each(fleet, names(1), lambda *_: "asked") == ["not_in_sites_file"]


def test_a_call_with_few_nodes_has_its_turn_beside_calls_with_many() -> None:
    fleet = fleets.fleet(timeout=60.0, fleet_concurrency=4)
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        many = [f"{hanging.url}/{number}" for number in range(200)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            large = [pool.submit(lambda: fleets.verify(fleet, many)) for _ in range(4)]
            assert waiting.until(lambda: len(hanging.requests) >= 4)
            small = fleets.verify(fleet, [good.url])
            assert not any(call.done() for call in large)
            assert small[0].state == "confirmed"
            hanging.ended.set()


def test_calls_whose_nodes_hang_leave_threads_to_the_next() -> None:
    fleet = fleets.fleet(timeout=60.0, fleet_concurrency=4)
    with Peer(peers.hangs) as hanging, Peer(peers.tells("cached")) as good:
        nodes = [f"{hanging.url}/{number}" for number in range(4)]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            others = [pool.submit(lambda: fleets.verify(fleet, nodes)) for _ in range(5)]
            assert waiting.until(lambda: len(hanging.requests) >= 20)
            found = fleets.verify(fleet, [good.url])
            assert not any(call.done() for call in others)
            assert found[0].state == "confirmed"
            hanging.ended.set()


def test_a_job_that_does_not_end_holds_up_neither_its_call_nor_the_next() -> None:
    never = threading.Event()

    def job(node: str, _deadline: Deadline) -> str:
        if node == "http://node0":
            never.wait()
        return "done"

    fleet = fleets.fleet(timeout=1.0, fleet_concurrency=1)
    assert each(fleet, names(1), job) == ["timeout"]
    assert each(fleet, names(2)[1:], job) == ["done"]
    never.set()
