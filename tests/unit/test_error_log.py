# SPDX-License-Identifier: Apache-2.0
"""The lines about a database that does not answer: at most one a second, with a count."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from glance_cache_nodes.api.error_log import DatabaseErrorLog


@pytest.fixture
def told():
    """Return outages on a clock of the test, and the lines that they write."""
    lines: list[str] = []
    clock = SimpleNamespace(now=100.0)
    log = SimpleNamespace(error=lambda words, *rest: lines.append(words % rest))
    return DatabaseErrorLog(log, lambda: clock.now), clock, lines


def test_the_first_failure_is_told_in_one_line(told) -> None:
    outages, _, lines = told
    outages.count(OSError("lost\n  connection"))
    assert lines == ["Database failure: lost connection"]


def test_more_within_a_second_are_counted_and_told_with_the_next_line(told) -> None:
    outages, clock, lines = told
    for _ in range(42):
        outages.count(OSError("a"))
    clock.now += 1
    outages.count(OSError("b"))
    clock.now += 1
    outages.count(OSError("c"))
    assert lines[1:] == [
        "Database failure: b (and 41 more since the last such line)",
        "Database failure: c",
    ]


def test_those_that_were_not_told_are_when_the_database_answers_again(told) -> None:
    outages, clock, lines = told
    outages.count(OSError("a"))
    outages.end()
    outages.count(OSError("a"))
    outages.count(OSError("a"))
    outages.end()
    assert len(lines) == 1  # not within the second
    clock.now += 1
    outages.end()
    outages.end()
    assert lines[1:] == ["Database failure: 2 more calls before one was answered again"]


def test_nothing_is_said_while_all_is_well(told) -> None:
    outages, _, lines = told
    outages.end()
    assert lines == []


def test_a_database_that_flaps_does_not_fill_the_log(told) -> None:
    outages, clock, lines = told
    for _ in range(1000):
        outages.count(OSError("a"))
        outages.end()
        clock.now += 1 / 128
    assert len(lines) == 8  # in 7.8 seconds
