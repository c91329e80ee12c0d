# SPDX-License-Identifier: Apache-2.0
"""Caching and evicting: what each node holds decides what it is told, and what comes of it."""

from __future__ import annotations

import contextlib
import datetime
import itertools
from collections.abc import Iterator

import fleets
import peer_servers as peers
import pytest
from peer_servers import IMAGE, Behaviour, Peer

from glance_cache_nodes.fleet.choose import Group
from glance_cache_nodes.fleet.evict import evict
from glance_cache_nodes.fleet.place import PlacementRequest, place
from glance_cache_nodes.fleet.result import Result

SIZE = 1000


def moment(ago: int) -> str:
    """Return a time some seconds ago, as a node tells it."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
    return then.replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def after_looking(status: str) -> Behaviour:
    """Say that nothing is there, and answer all else with this status."""

    def behave(peer: Peer, connection: object, head: bytes) -> None:
        reply = peers.tells("absent") if head.startswith(b"GET") else peers.answer(status)
        reply(peer, connection, head)

    return behave


def forbidden_look(peer: Peer, connection: object, head: bytes) -> None:
    reply = peers.answer("403 F") if head.startswith(b"GET") else peers.answer("202 A")
    reply(peer, connection, head)


def hangs_after_looking(peer: Peer, connection: object, head: bytes) -> None:
    (peers.tells("cached") if head.startswith(b"GET") else peers.hangs)(peer, connection, head)


@contextlib.contextmanager
def running(*behaviours: Behaviour) -> Iterator[list[Peer]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Peer(each)) for each in behaviours]


def order(nodes: list[str], wanted: int | None = None, **changes: object) -> PlacementRequest:
    known = {"on_record": (), "used": {}, "may_place": nodes, **changes}
    return PlacementRequest(IMAGE, SIZE, [Group(tuple(nodes), wanted)], **known)


def cache(nodes: list[str], wanted: int | None = None, **changes: object) -> dict[str, Result]:
    with fleets.begin(fleets.fleet(timeout=2.0)) as call:
        return {each.node: each for each in place(call, order(nodes, wanted, **changes))}


# what a node does, is it on record, what it is told after the look, the result, of its reason
PLACED = {
    "absent": (peers.tells("absent"), False, ["PUT"], "queued", ""),
    "failed": (peers.tells("failed"), False, ["PUT"], "queued", ""),
    "cached": (peers.tells("cached"), False, [], "already_cached", ""),
    "damaged": (peers.tells("damaged"), True, ["DELETE", "PUT"], "queued", ""),
    "queued": (peers.tells("queued", last_modified=moment(5)), False, [], "queued", "already"),
    "queued long ago": (
        peers.tells("queued", last_modified=moment(9999)),
        False,
        ["PUT"],
        "queued",
        "",
    ),
    "caching": (
        peers.tells("caching", size=7, last_modified=moment(5)),
        False,
        [],
        "queued",
        "7 bytes so far",
    ),
    "caching long ago": (
        peers.tells("caching", last_modified=moment(9999)),
        False,
        ["PUT"],
        "queued",
        "",
    ),
    "too small": (
        peers.tells("absent", cache_max_size=SIZE - 1),
        False,
        [],
        "refused",
        "image_cache_max_size",
    ),
    "just large enough": (peers.tells("absent", cache_max_size=SIZE), False, ["PUT"], "queued", ""),
    "401": (peers.answer("401 U"), False, [], "refused", "401"),
    "403": (peers.answer("403 F"), False, ["PUT"], "refused", "403"),
    "403 for the look": (forbidden_look, False, ["PUT"], "queued", ""),
    "403 for the look, a row": (forbidden_look, True, [], "already_cached", "by the record"),
    "500": (peers.answer("500 E"), False, [], "unreachable", "500"),
    "404": (peers.answer("404 N"), False, [], "failed", "404"),
    "another": (peers.tells("absent", node="http://o"), False, [], "failed", "answers as"),
    "hangs": (peers.hangs, False, [], "unreachable", "no answer"),
    "PUT is 400": (after_looking("400 B"), False, ["PUT"], "failed", "400"),
    "the token expires": (after_looking("401 U"), False, ["PUT"], "refused", "401"),
    "PUT is 403": (after_looking("403 F"), False, ["PUT"], "refused", "403"),
    "PUT is 404": (after_looking("404 N"), False, ["PUT"], "failed", "404"),
    "PUT is 307": (after_looking("307 T"), False, ["PUT"], "unreachable", "redirects"),
}


@pytest.mark.parametrize("name", PLACED)
def test_what_a_node_holds_decides_what_it_is_told(name: str) -> None:
    behave, is_on_record, told, result, reason = PLACED[name]
    with running(behave) as (peer,):
        found = cache([peer.url], on_record=[peer.url] if is_on_record else [])[peer.url]
    assert (found.result, reason in (found.reason or "")) == (result, True), found
    assert peers.methods(peer) == ["GET", *told]


@pytest.mark.parametrize(
    ("on_record", "result", "told"),
    [(True, "already_cached", ["GET"]), (False, "failed", ["GET", "PUT"])],
)
def test_the_record_counts_for_a_node_that_cannot_tell(
    on_record: bool, result: str, told: list[str]
) -> None:
    with running(peers.answer("405 M")) as (peer,):
        found = cache([peer.url], on_record=[peer.url] if on_record else [])
    assert found[peer.url].result == result
    assert peers.methods(peer) == told


def test_nothing_is_placed_where_nothing_may_be() -> None:
    with running(peers.tells("absent"), peers.tells("cached")) as (empty, holder):
        found = cache([empty.url, holder.url], may_place=[])
    assert found[empty.url].result == "refused"
    assert "no_place" in (found[empty.url].reason or "")
    assert found[holder.url].result == "already_cached"
    assert peers.methods(empty) == ["GET"]


def test_holders_count_and_then_the_emptiest() -> None:
    absent = itertools.repeat(peers.tells("absent"), 4)
    with running(peers.tells("cached"), *absent) as (holder, *others):
        nodes = [holder.url, *(each.url for each in others)]
        used = {others[0].url: 5, others[1].url: 4, others[2].url: 4, others[3].url: 9}
        found = cache(nodes, 2, used=used)
        emptiest = min(others[1].url, others[2].url)
        assert {url: each.result for url, each in found.items()} == {
            holder.url: "already_cached",
            emptiest: "queued",
        }


def test_a_node_that_is_about_to_hold_it_counts_too() -> None:
    with running(peers.tells("queued"), peers.tells("absent")) as (busy, idle):
        assert list(cache([busy.url, idle.url], 1)) == [busy.url]
    assert peers.methods(idle) == ["GET"]


def test_a_node_that_does_not_answer_is_chosen_last_and_named() -> None:
    with running(peers.hangs, peers.tells("absent")) as (hanging, good):
        nodes = [hanging.url, good.url]
        assert {url: each.result for url, each in cache(nodes, 1).items()} == {good.url: "queued"}
        found = cache(nodes, 2)
    assert {found[hanging.url].result, found[good.url].result} == {"unreachable", "queued"}


def test_the_own_node_is_told_without_http() -> None:
    told: list[str] = []
    with fleets.begin(fleets.fleet(), fleets.own_node("damaged", told)) as call:
        found = place(call, order([fleets.OWN_URL]))
    assert [each.result for each in found] == ["queued"]
    assert told == [f"DELETE /v2/cache/{IMAGE}", f"PUT /v2/cache/{IMAGE}"]


# what a node does, is it on record, is the image gone, told after the look, result, of its reason
EVICTED = {
    "cached": (peers.tells("cached"), True, False, ["DELETE"], "evicted", ""),
    "damaged": (peers.tells("damaged"), True, False, ["DELETE"], "evicted", ""),
    "queued": (peers.tells("queued"), False, False, ["DELETE"], "evicted", ""),
    "caching": (peers.tells("caching"), False, False, ["DELETE"], "failed", "does not stop"),
    "absent": (peers.tells("absent"), False, False, [], "absent", ""),
    "a row alone": (peers.tells("absent"), True, False, ["DELETE"], "evicted", ""),
    "405, a row": (peers.answer("405 M"), True, False, ["DELETE"], "failed", "405"),
    "405, no row": (peers.answer("405 M"), False, False, [], "absent", "by the record"),
    "404": (peers.answer("404 N"), False, False, [], "failed", "404"),
    "404, gone": (peers.answer("404 N"), False, True, [], "absent", ""),
    "403": (peers.answer("403 F"), False, False, ["DELETE"], "refused", "403"),
    "hangs": (peers.hangs, True, False, [], "unreachable", "no answer"),
    "hangs later": (hangs_after_looking, True, False, ["DELETE"], "failed", "not known"),
}


@pytest.mark.parametrize("name", EVICTED)
def test_an_image_is_evicted_where_it_is(name: str) -> None:
    behave, is_on_record, is_gone, told, result, reason = EVICTED[name]
    with running(behave) as (peer,):
        on_record = [peer.url] if is_on_record else []
        with fleets.begin(fleets.fleet(timeout=2.0)) as call:
            (found,) = evict(call, IMAGE, [peer.url], on_record, is_gone=is_gone)
    assert (found.result, reason in (found.reason or "")) == (result, True), found
    assert peers.methods(peer) == ["GET", *told]


def test_a_file_without_a_row_is_a_case_for_reconcile() -> None:
    def behave(peer: Peer, connection: object, head: bytes) -> None:
        reply = peers.tells("cached") if head.startswith(b"GET") else peers.answer("404 N")
        reply(peer, connection, head)

    with running(behave) as (peer,), fleets.begin(fleets.fleet()) as call:
        (found,) = evict(call, IMAGE, [peer.url], [], is_gone=True)
    assert found.result == "failed"
    assert "glance-cache-nodes reconcile --fix" in (found.reason or "")
