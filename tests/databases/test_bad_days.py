# SPDX-License-Identifier: Apache-2.0
"""A call is answered in time on every bad day of the database, and rightly on the day after."""

from __future__ import annotations

import time

import faults
import glance_process
import measured
import pytest

BOUND = 5.0  # seconds: what [cache_nodes] database_timeout is by default
SCHEDULING = 1.0  # seconds that many threads on few cores may take on top
AT_ONCE = 32
NODES = {"cached_nodes": ["http://node1:9292", "http://node2:9292"]}
READABLE = (faults.restarted, faults.failed_over, faults.connections_killed, faults.read_only)
UNREADABLE = (
    faults.stopped,
    faults.frozen,
    faults.frozen_without_connection,
    faults.out_of_connections,
    faults.table_away,
    faults.table_locked,
)


@pytest.fixture(scope="module")
def url(server):
    return server.url("bad_days")


@pytest.fixture(scope="module")
def glance(url):
    with glance_process.running(url) as one:
        yield one


@pytest.fixture(scope="module", autouse=True)
def table(server):
    """Write down what was measured, for the documentation."""
    rows = []
    yield rows
    measured.write(server.kind.package, rows)


def name(fault) -> str:
    return fault.__name__.replace("_", "-")


def is_good(answer) -> bool:
    return answer.status == 200 and answer.body == NODES


def is_clear_refusal(answer) -> bool:
    told = "database does not answer" in answer.body["message"]
    return answer.status == 503 and told and int(answer.retry_after) > 0


@pytest.mark.parametrize("fault", READABLE, ids=name)
def test_a_fault_that_lets_read_is_not_felt(fault, server, url, glance, table) -> None:
    assert is_good(glance.ask()[0])
    with fault(server, url):
        answer = glance.ask()[0]
    table.append((name(fault), answer))
    assert is_good(answer)
    assert answer.seconds < BOUND
    assert "Traceback" not in glance.log
    assert is_good(glance.ask()[0])


@pytest.mark.parametrize("fault", UNREADABLE, ids=name)
def test_a_fault_costs_no_more_than_the_bound(fault, server, url, glance, table) -> None:
    assert is_good(glance.ask()[0])
    with fault(server, url):
        answer = glance.ask()[0]
    table.append((name(fault), answer))
    assert is_clear_refusal(answer)
    assert answer.seconds < BOUND
    assert "Traceback" not in glance.log
    assert is_good(glance.ask()[0])


def test_many_calls_at_once_wait_no_longer(server, url, glance, table) -> None:
    with faults.frozen(server, url):
        answers = glance.ask(AT_ONCE, AT_ONCE)
    slowest = max(answers, key=lambda answer: answer.seconds)
    table.append((f"frozen-{AT_ONCE}-calls-at-once", slowest))
    assert all(map(is_clear_refusal, answers))
    assert slowest.seconds < BOUND + SCHEDULING
    assert "Traceback" not in glance.log
    assert all(map(is_good, glance.ask(AT_ONCE, AT_ONCE)))


def test_many_calls_at_once_do_not_feel_that_their_connections_died(server, glance) -> None:
    assert all(map(is_good, glance.ask(AT_ONCE, AT_ONCE)))
    server.kill_connections()
    assert all(map(is_good, glance.ask(AT_ONCE, AT_ONCE)))


def settled(server) -> int:
    time.sleep(1.0)  # the server lists a connection for a moment after it was closed
    return server.connections()


def test_no_connection_is_leaked(server, glance) -> None:
    glance.ask(AT_ONCE, AT_ONCE)
    before = settled(server)
    assert all(map(is_good, glance.ask(200, AT_ONCE)))
    assert settled(server) <= before
