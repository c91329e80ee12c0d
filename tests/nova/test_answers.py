# SPDX-License-Identifier: Apache-2.0
"""One call for an image, kept for seconds; no answer costs no more than the bound."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import glance_answers
import pytest
from glance_answers import DETAIL, IMAGE_ID, Glance, adapter_for

import waiting
from glance_cache_nodes.exception import CallError
from glance_cache_nodes_nova import holders
from glance_cache_nodes_nova.answers import NOBODY, Answers, Bounds
from glance_cache_nodes_nova.holders import Holders

EDGE = Holders(frozenset({"edge1"}))
NEVER = 600.0  # seconds that no test waits


class Source:
    """Answers, or raises what it is told to; counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: Exception | None = None
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, image_id: str) -> Holders:
        self.asked.append(image_id)
        self.go_on.wait()
        if self.failure:
            raise self.failure
        return EDGE


class Bench:
    """The answers under test, with a clock that stands still."""

    def __init__(self, **bounds: float) -> None:
        self.source, self.now, self.failures = Source(), 0.0, []
        usual = {"timeout": NEVER, "lifetime": 10.0, "kept": 2, "at_once": 2}
        self.answers = Answers(
            self.source, Bounds(**{**usual, **bounds}), self.failures.append, lambda: self.now
        )

    def ask(self, image_id: str = "a") -> Holders:
        return self.answers.holders(image_id)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.source.go_on.set()


def test_an_answer_is_used_again_until_it_is_old(bench: Bench) -> None:
    for bench.now in (0.0, 5.0, 9.9):
        assert bench.ask() == EDGE
    assert bench.source.asked == ["a"]
    bench.now = 10.0
    assert bench.ask() == EDGE
    assert bench.source.asked == ["a", "a"]


def test_the_answer_that_was_used_longest_ago_goes(bench: Bench) -> None:
    for image in ("a", "b", "a", "c", "a", "b"):
        bench.ask(image)
    assert bench.source.asked == ["a", "b", "c", "b"]


def test_a_lifetime_of_0_keeps_nothing() -> None:
    bench = Bench(lifetime=0.0)
    bench.ask()
    bench.ask()
    assert bench.source.asked == ["a", "a"]


def test_those_who_ask_at_once_share_a_call(bench: Bench) -> None:
    bench.source.go_on.clear()
    found: list[Holders] = []
    threads = [threading.Thread(target=lambda: found.append(bench.ask())) for _ in range(8)]
    for each in threads:
        each.start()
    assert waiting.until(lambda: bench.source.asked)
    bench.source.go_on.set()
    for each in threads:
        each.join()
    assert (found, bench.source.asked) == ([EDGE] * 8, ["a"])


@pytest.mark.parametrize("status", [None, 401, 403, 409, 500, 503])
def test_after_a_failure_nothing_is_asked_for_a_while(bench: Bench, status: int | None) -> None:
    bench.source.failure = CallError("it failed", status)
    assert bench.ask() == NOBODY
    bench.source.failure = None
    bench.now = 9.9
    assert (bench.ask(), bench.ask("b")) == (NOBODY, NOBODY)
    bench.now = 10.0
    assert bench.ask() == EDGE
    assert bench.source.asked == ["a", "a"]
    assert [str(each) for each in bench.failures] == ["it failed"]


def test_an_image_that_may_not_be_seen_holds_up_no_other(bench: Bench) -> None:
    bench.source.failure = CallError("No image", 404)
    assert (bench.ask(), bench.ask()) == (NOBODY, NOBODY)
    bench.source.failure = None
    assert bench.ask("b") == EDGE
    assert bench.source.asked == ["a", "b"]


def test_a_failure_that_nobody_thought_of_is_told_as_well(bench: Bench) -> None:
    bench.source.failure = KeyError("auth_url")
    assert bench.ask() == NOBODY
    assert bench.failures == [bench.source.failure]


def test_a_failure_is_told_when_it_is_handled_no_more() -> None:
    """oslo.log wrote each line with the exception a second time."""
    handled: list[object] = []
    source = Source()
    source.failure = CallError("it failed")
    bounds = Bounds(NEVER, 10.0, 2, 2)
    answers = Answers(source, bounds, lambda _: handled.append(sys.exc_info()[0]))
    assert answers.holders("a") == NOBODY
    assert handled == [None]


def test_calls_that_hang_are_given_up_on_and_bounded() -> None:
    bench = Bench(timeout=0.01, lifetime=0.0)
    bench.source.go_on.clear()
    before = set(threading.enumerate())
    for image in ("a", "b", "c", "d"):
        assert bench.ask(image) == NOBODY
    assert waiting.until(lambda: sorted(bench.source.asked) == ["a", "b"])
    assert len(set(threading.enumerate()) - before) == 2
    said = [str(each) for each in bench.failures]
    assert said == ["no answer within 0.01 s"] * 2 + ["2 calls still wait for an answer"] * 2
    bench.source.go_on.set()
    assert waiting.until(lambda: not set(threading.enumerate()) - before)


def test_more_images_at_once_than_calls_take_no_answer_from_the_others(bench: Bench) -> None:
    assert bench.ask("known") == EDGE
    bench.source.go_on.clear()
    found: list[Holders] = []
    asking_for = [threading.Thread(target=lambda i=i: found.append(bench.ask(i))) for i in "ab"]
    for each in asking_for:
        each.start()
    assert waiting.until(lambda: sorted(bench.source.asked) == ["a", "b", "known"])
    assert bench.ask("c") == NOBODY
    bench.source.go_on.set()
    for each in asking_for:
        each.join()
    assert found == [EDGE] * 2
    assert waiting.until(lambda: bench.ask("c") == EDGE)
    assert [str(each) for each in bench.failures][:1] == ["2 calls still wait for an answer"]


def test_a_call_that_hung_makes_way_when_it_ends() -> None:
    bench = Bench(timeout=0.01, lifetime=0.0, at_once=1)
    bench.source.go_on.clear()
    assert bench.ask() == NOBODY
    bench.source.go_on.set()
    assert waiting.until(lambda: bench.ask("b") == EDGE)


@pytest.mark.parametrize("trickle", [False, True])
def test_a_glance_that_hangs_or_trickles_costs_the_bound(trickle: bool) -> None:
    said: list[Exception] = []
    with glance_answers.serve() as glance:
        glance.trickle = trickle
        glance.answers[DETAIL] = (200, glance_answers.detail(a="edge1" * 1000)) if trickle else None
        answers = Answers(asking(glance), Bounds(0.2, 10.0, 10, 2), said.append)
        assert answers.holders(IMAGE_ID) == NOBODY
        # The server answers when the block ends, so it was not the answer that we waited for.
        assert not glance.ending.is_set()
        assert waiting.until(lambda: glance.asked == [DETAIL])
    assert [str(each) for each in said] == ["no answer within 0.2 s"]


def asking(glance: Glance) -> object:
    adapter = adapter_for(glance.url)
    return lambda image_id: holders.ask(adapter, image_id)
