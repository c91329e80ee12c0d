# SPDX-License-Identifier: Apache-2.0
"""Waiting until nodes have cached an image, against a Glance whose answers change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest

from glance_cache_nodes import client
from glance_cache_nodes.client import NodeResult, Placement, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

A, B = "http://edge1-a:9292", "http://edge1-b:9292"
DETAIL_PATH = f"{canned.NODES_PATH}/detail"
LONG = 60.0  # seconds; no test waits for it


@pytest.fixture
def glance(monkeypatch: pytest.MonkeyPatch) -> Iterator[canned.CannedGlance]:
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(waiting, "_LONGEST_PAUSE", 0.01)
    with canned.serve() as running:
        size = {"id": canned.IMAGE_ID, "status": "active", "size": 100}
        running.answers["GET", f"/v2/images/{canned.IMAGE_ID}"] = canned.body(size)
        yield running


def accepted(*nodes: str, result: str = "queued") -> list[Placement]:
    return [Placement(canned.IMAGE_ID, tuple(NodeResult(node, result) for node in nodes))]


def in_turn(*answers: canned.Answer) -> Callable[[canned.Asked], canned.Answer]:
    """Give the answers one after the other, and the last one for ever."""
    rest = list(answers)
    return lambda _: rest.pop(0) if len(rest) > 1 else rest[0]


def looks(glance: canned.CannedGlance) -> list[canned.Asked]:
    return [asked for asked in glance.asked if asked.path.startswith(DETAIL_PATH)]


def test_it_ends_when_every_node_confirms(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = in_turn(
        canned.detail((A, "caching"), (B, "queued"), size=40),
        canned.detail((A, "confirmed"), (B, "caching"), size=100),
        canned.detail((B, "confirmed"), size=100),
    )
    seen: list[list[tuple[str, int | None]]] = []
    ended = client.wait_until_cached(
        image,
        accepted(A, B),
        LONG,
        lambda nodes: seen.append([(each.state, each.size) for each in nodes]),
    )
    assert [now for now, before in zip(seen, [None, *seen]) if now != before] == [
        [("queued", None), ("queued", None)],
        [("caching", 40), ("queued", 40)],
        [("confirmed", 100), ("caching", 100)],
        [("confirmed", 100), ("confirmed", 100)],
    ]
    assert all(each.is_cached and each.expected_size == 100 for each in ended)
    # A node that is done is not asked again.
    assert [asked.query["node"] for asked in looks(glance)] == [[A, B], [A, B], [B]]


def test_nothing_is_asked_where_all_hold_it_or_none_accepted(glance, image) -> None:
    has_it = client.wait_until_cached(image, accepted(A, result="already_cached"), LONG)
    assert [each.is_cached for each in has_it] == [True]
    assert client.wait_until_cached(image, accepted(A, result="refused"), LONG) == ()
    assert looks(glance) == []


@pytest.mark.parametrize("state", ["unsupported", "refused"])
def test_the_records_word_counts_for_a_node_that_cannot_tell(glance, image, state: str) -> None:
    glance.answers["GET", DETAIL_PATH] = in_turn(
        canned.detail((A, state), on_record=False), canned.detail((A, state))
    )
    client.wait_until_cached(image, accepted(A), LONG)
    assert len(looks(glance)) == 2


def test_a_node_that_never_gets_there_is_named_with_what_mends_it(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail((A, "confirmed"), (B, "queued"))
    with pytest.raises(client.NotCachedError) as raised:
        client.wait_until_cached(image, accepted(A, B), 0.05)
    message = str(raised.value)
    assert message.startswith(f"Accepted, and not cached after 0.05 s: {B} (queued). ")
    assert "cache worker has died accepts every request with 202" in message
    assert "restart Glance on these nodes" in message
    assert A not in message
    assert [each.is_cached for each in raised.value.nodes] == [True, False]


def test_a_node_that_is_still_caching_is_not_said_to_need_a_restart(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail((A, "caching"))
    with pytest.raises(client.NotCachedError, match=rf"{A} \(caching\)\.$"):
        client.wait_until_cached(image, accepted(A), 0.05)


def test_a_failure_ends_the_wait_with_its_reason(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail((A, "failed"), reason="the disk is full")
    with pytest.raises(client.NotCachedError) as raised:
        client.wait_until_cached(image, accepted(A), LONG)
    assert str(raised.value) == f"Not cached: {A} (failed: the disk is full)."


def test_the_failure_of_an_earlier_attempt_does_not_count(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = in_turn(
        canned.detail((A, "failed")), canned.detail((A, "caching")), canned.detail((A, "confirmed"))
    )
    client.wait_until_cached(image, accepted(A), LONG)
    assert len(looks(glance)) == 3


def test_a_server_that_does_not_take_node_is_asked_without_it(glance, image) -> None:
    def answer(asked: canned.Asked) -> canned.Answer:
        if "node" in asked.query:
            return canned.fault(400, "The query takes verify, not node.")
        return canned.detail(
            (A, "confirmed" if len(looks(glance)) > 2 else "caching"), (B, "absent")
        )

    glance.answers["GET", DETAIL_PATH] = answer
    client.wait_until_cached(image, accepted(A), LONG)
    assert ["node" in asked.query for asked in looks(glance)] == [True, False, False]


@pytest.mark.parametrize("trouble", [canned.DATABASE_DOWN, canned.SERVER_ERROR, canned.NO_ROUTE])
def test_trouble_that_passes_does_not_end_the_wait(glance, image, trouble) -> None:
    glance.answers["GET", DETAIL_PATH] = in_turn(trouble, canned.detail((A, "confirmed")))
    client.wait_until_cached(image, accepted(A), LONG)
    glance.answers["GET", DETAIL_PATH] = trouble
    with pytest.raises(client.NotCachedError, match=r"\(queued\)\. The last answer: "):
        client.wait_until_cached(image, accepted(A), 0.05)


@pytest.mark.parametrize("answer", [canned.UNAUTHORIZED, canned.FORBIDDEN, canned.OURS_NO_IMAGE])
def test_a_refusal_ends_the_wait(glance, image, answer: canned.Answer) -> None:
    glance.answers["GET", DETAIL_PATH] = answer
    with pytest.raises(client.CallError) as raised:
        client.wait_until_cached(image, accepted(A), LONG)
    assert raised.value.status == answer.status


def test_a_node_that_glance_does_not_know_any_more(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail((B, "confirmed"))
    with pytest.raises(client.NotCachedError, match="the node is not registered any more"):
        client.wait_until_cached(image, accepted(A), 0.05)


def test_more_nodes_than_a_url_can_name(glance, image) -> None:
    nodes = [f"http://edge-{number}:9292" for number in range(300)]
    glance.answers["GET", DETAIL_PATH] = canned.detail(*((node, "confirmed") for node in nodes))
    assert len(client.wait_until_cached(image, accepted(*nodes), LONG)) == 300
    assert "node" not in looks(glance)[0].query


def test_many_images_do_not_make_the_wait_longer(glance, image) -> None:
    looked: list[str] = []

    def answer(asked: canned.Asked) -> canned.Answer:
        looked.append(asked.path)
        time.sleep(0.06)  # longer than the timeout, as the clock of this process has it
        return canned.detail((A, "queued"))

    ids = [f"{number:08}-2222-4333-8444-555555555555" for number in range(20)]
    for each in ids:
        glance.answers["GET", f"/v2/cache/nodes/{each}/detail"] = answer
    placements = [Placement(each, (NodeResult(A, "queued"),)) for each in ids]
    with pytest.raises(client.NotCachedError, match=f"for {ids[-1]}"):
        client.wait_until_cached(image, placements, 0.05)
    assert len(looked) < 3
