# SPDX-License-Identifier: Apache-2.0
"""A call is answered in time on every bad day of the database, and rightly on the day after."""

from __future__ import annotations

import functools
import time
from pathlib import Path

import faults
import glance_process
import glance_server
import measured
import pytest

from glance_cache_nodes_lab import environments

pytestmark = pytest.mark.slow
BOUND = 5.0  # seconds: what [cache_nodes] database_timeout is by default
SCHEDULING = 1.0  # seconds that many threads on few cores may take on top
SLOWER = 20  # times as long as a call usually takes here and now, for a machine that is busy
AT_ONCE = 32
POOL_SIZE = 8  # what [cache_nodes] database_pool_size is by default
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


# Glance with threads, as a web server runs it, and the `glance-api` of two releases, on eventlet.
KINDS = ("threads", "eventlet-2024.1", "eventlet-2025.2")
# Kept from run to run: only the first one installs.
ENVIRONMENTS = Path(__file__).parents[2] / "build/environments"


@functools.cache
def python_of(release):
    return environments.python_for(release, ENVIRONMENTS, print)


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    """Return in what Glance runs."""
    return request.param


@pytest.fixture(scope="module")
def url(server, kind):
    return server.url("bad_days_" + kind.replace("-", "_").replace(".", "_"))


@pytest.fixture(scope="module")
def glance(kind, url, tmp_path_factory):
    if kind == "threads":
        with glance_process.running(url) as one:
            yield one
        return
    python, site = python_of(kind.split("-")[1]), tmp_path_factory.mktemp("site")
    image_id = glance_server.write_site(python, site, url)
    glance_server.let_everybody_in(site)
    # One process, so that all calls at once are the same hub's.
    with glance_server.running("glance-api", python, site, image_id, workers=1) as one:
        yield one


@pytest.fixture(scope="module", autouse=True)
def table(server, kind):
    """Write down what was measured, for the documentation."""
    rows = []
    yield rows
    measured.write(server.kind.package, kind, rows)


def name(fault) -> str:
    return fault.__name__.replace("_", "-")


def is_good(answer) -> bool:
    return answer.status == 200 and answer.body == NODES


def is_clear_refusal(answer) -> bool:
    told = "database does not answer" in answer.body["message"]
    return answer.status == 503 and told and int(answer.retry_after) > 0


def is_served(answers) -> bool:
    """Return whether all these calls at once got what is due to them."""
    return all(map(is_good, answers))


def slowest_of(answers):
    return max(answers, key=lambda answer: answer.seconds)


@pytest.mark.parametrize("fault", READABLE, ids=name)
def test_a_fault_that_lets_read_is_not_felt(fault, server, url, glance, table) -> None:
    usual = glance.ask()[0]
    assert is_good(usual)
    with fault(server, url):
        answer = glance.ask()[0]
    table.append((name(fault), answer))
    assert is_good(answer)
    assert answer.seconds < BOUND + SLOWER * usual.seconds
    assert "Traceback" not in glance.log
    assert is_good(glance.ask()[0])


@pytest.mark.parametrize("fault", UNREADABLE, ids=name)
def test_a_fault_costs_no_more_than_the_bound(fault, server, url, glance, table) -> None:
    usual = glance.ask()[0]
    assert is_good(usual)
    with fault(server, url):
        answer = glance.ask()[0]
    table.append((name(fault), answer))
    assert is_clear_refusal(answer)
    assert answer.seconds < BOUND + SLOWER * usual.seconds
    assert "Traceback" not in glance.log
    assert is_good(glance.ask()[0])


def test_many_calls_at_once_wait_no_longer(server, url, glance, table) -> None:
    usual = glance.ask()[0]
    with faults.frozen(server, url):
        answers = glance.ask(AT_ONCE, AT_ONCE)
    slowest = slowest_of(answers)
    table.append((f"frozen-{AT_ONCE}-calls-at-once", slowest))
    assert all(map(is_clear_refusal, answers))
    assert slowest.seconds < BOUND + SCHEDULING + SLOWER * usual.seconds
    assert "Traceback" not in glance.log
    assert is_served(glance.ask(AT_ONCE, AT_ONCE))
    assert is_good(glance.ask()[0])


def test_many_calls_at_once_wait_for_a_server_that_is_slow_to_let_them_in(
    server, url, glance, table
) -> None:
    usual = glance.ask()[0]
    with faults.slow_to_connect(server, url):
        answers = glance.ask(AT_ONCE, AT_ONCE)
    slowest = slowest_of(answers)
    table.append((f"slow-to-connect-{AT_ONCE}-calls-at-once", slowest))
    assert is_served(answers)
    assert slowest.seconds < BOUND + SLOWER * usual.seconds


def test_many_calls_at_once_do_not_feel_that_their_connections_died(server, glance) -> None:
    assert is_served(glance.ask(AT_ONCE, AT_ONCE))
    server.kill_connections()
    assert is_served(glance.ask(AT_ONCE, AT_ONCE))


def settled(server) -> int:
    time.sleep(1.0)  # the server lists a connection for a moment after it was closed
    return server.connections()


def test_no_connection_is_leaked(server, glance) -> None:
    server.kill_connections()  # Glance's own too, which do not come back by themselves
    for _ in range(2):
        assert is_served(glance.ask(200, AT_ONCE))
        assert settled(server) <= POOL_SIZE
