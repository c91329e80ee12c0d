# SPDX-License-Identifier: Apache-2.0
"""The bench of calls to many nodes counts what came of each; how fast, it asserts itself."""

from __future__ import annotations

import http.client
import json
import socket
from collections import Counter

import fan_out
import fan_out_tables
import loopback
import pytest
from asking import Answer, Load

COUNT = 12


@pytest.fixture(scope="module")
def found():
    """Return what a round over a few nodes gives."""
    callers = {fan_out.LIVE: (1, 3), fan_out.MIXED: (3,)}
    return fan_out.measure(lambda _line: None, COUNT, 1, callers, fleet_timeout=1.0)


def load(*answers: Answer, cpu: float = 1.0) -> Load:
    return Load(list(answers), cpu, threads=1)


def nodes(seconds: float, **outcomes: int) -> Answer:
    return Answer(seconds, 200, Counter(outcomes))


def test_each_caller_has_an_answer_and_each_node_an_outcome(found) -> None:
    for (_, callers), (each,) in found.at_once.items():
        assert len(each.answers) == callers
        for answer in each.answers:
            assert answer.outcomes.total() == (COUNT if answer.status == 200 else 0)


def test_no_dead_and_no_silent_node_is_confirmed(found) -> None:
    for answer in found.at_once[fan_out.MIXED, 3][0].answers:
        assert answer.outcomes["confirmed"] <= COUNT / 2


def test_the_cost_of_a_node_and_all_other_parts_are_measured(found) -> None:
    assert found.node_cpu.median > 0
    assert len(found.single[fan_out.CHANGED]) == 1
    assert found.single[fan_out.ONE_SILENT][0].slowest > 0


def test_the_tables_have_a_row_for_each_load(found) -> None:
    lines = "\n".join(fan_out_tables.text(found)).splitlines()
    assert sum(line.startswith("| all live | 3 |") for line in lines) == 1
    assert sum(line.startswith("| 100, one silent |") for line in lines) == 1


def test_a_live_node_answers_and_a_silent_one_takes_the_connection_and_a_dead_one_none() -> None:
    with loopback.running() as ports:
        connection = http.client.HTTPConnection("127.0.3.4", ports.live)
        connection.request("GET", "/20/v2/cache/an-image")
        said = json.loads(connection.getresponse().read())
        assert said["node"] == f"http://127.0.3.4:{ports.live}/20"
        assert (said["image_id"], said["state"]) == ("an-image", "cached")
        connection.close()
        socket.create_connection(("127.0.3.4", ports.silent)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.3.4", ports.dead))


def test_a_caller_who_is_turned_away_counts_as_such() -> None:
    loads = [load(nodes(2.0, confirmed=4), Answer(0.1, 503, Counter()), Answer(60, 0, Counter()))]
    found = fan_out.FanOut(4, {(fan_out.LIVE, 3): loads}, {}, threads=1, memory=1.0)
    assert found.confirmed(3).median == pytest.approx(100 / 3)
    row = "| all live | 3 | 60.00 | 1.000 | 200 1, 503 1, none 1 | confirmed 4 |"
    assert row in list(fan_out_tables.text(found))


def test_the_cost_of_a_node_is_that_of_each_further_one() -> None:
    single = {
        fan_out.LIVE: [load(nodes(1.0, confirmed=11), cpu=0.006)],
        fan_out.ONE_NODE: [load(nodes(0.1, confirmed=1), cpu=0.001)],
    }
    assert fan_out.FanOut(11, {}, single, 1, 1.0).node_cpu.median == pytest.approx(500)


def test_a_silent_node_is_held_against_the_slowest_live_one() -> None:
    single = {
        fan_out.SLOWEST: [load(nodes(0.25, confirmed=1))],
        fan_out.ONE_SILENT: [load(nodes(3.5, confirmed=99, unverified=1))],
    }
    assert fan_out.FanOut(100, {}, single, 1, 1.0).one_silent_over_slowest.median == 3.25
