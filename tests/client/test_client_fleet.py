# SPDX-License-Identifier: Apache-2.0
"""The client's calls about many nodes, over a real keystoneauth session."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest

from glance_cache_nodes import client

if TYPE_CHECKING:
    pass

A, B = "http://edge1-a:9292", "http://edge1-b:9292"
DETAIL_PATH = f"{canned.NODES_PATH}/detail"
NOON = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.timezone.utc)


def test_near_and_verify_are_sent_and_the_order_is_kept(glance, image) -> None:
    glance.say(canned.body({"cached_nodes": [B, A], "checked_at": "-", "complete": True}))
    found = client.cached_nodes(image, canned.IMAGE_ID, near="edge1", verify=True)
    assert [node.url for node in found] == [B, A]
    assert glance.asked[0].query == {"near": ["edge1"], "verify": ["true"]}


@pytest.mark.parametrize(
    ("options", "words"),
    [({"verify": True}, "cannot ask the nodes"), ({"near": "edge1"}, "cannot order nodes by site")],
)
def test_a_native_list_is_never_taken_for_what_was_asked_for(
    glance, image, options: dict[str, object], words: str
) -> None:
    glance.say(canned.BARE_LIST)
    with pytest.raises(client.NoSuchCallError, match=words):
        client.cached_nodes(image, canned.IMAGE_ID, **options)


def test_a_detail_has_every_field_with_its_type(glance, image) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail(
        (A, "confirmed"), size=5, hits=2, last_accessed="2026-11-28T12:00:00Z", more=1
    )
    found = client.image_detail(image, canned.IMAGE_ID, verify=True, nodes=[A, B])
    assert (found.image_id, found.checked_at, found.complete) == (canned.IMAGE_ID, NOON, True)
    assert found.nodes == (
        client.NodeDetail(
            node=A,
            site="edge",
            on_record=True,
            state="confirmed",
            size=5,
            hits=2,
            last_accessed=NOON,
        ),
    )
    assert glance.asked[0].query == {"verify": ["true"], "node": [A, B]}


def test_the_nodes_with_a_probe(glance, image) -> None:
    row = {"url": A, "site": "edge1", "images": 3, "bytes": 9, "last_accessed": None}
    up, old = {**row, "status": "up", "latency_ms": 1.5}, {**row, "status": None}
    glance.answers["GET", "/v2/cache/nodes"] = canned.body({"nodes": [up, old]})
    assert client.nodes(image, probe=True) == [
        client.Node(A, "edge1", 3, 9, None, "up", 1.5),
        client.Node(A, "edge1", 3, 9),
    ]
    assert glance.asked[0].query == {"probe": ["true"]}


def test_what_one_node_holds(glance, image) -> None:
    said = {"node": A, "image_id": canned.IMAGE_ID, "state": "caching", "size": 3}
    glance.answers["GET", f"/v2/cache/{canned.IMAGE_ID}"] = canned.body(said)
    assert client.local_image(image, canned.IMAGE_ID) == client.LocalImage(
        node=A, image_id=canned.IMAGE_ID, state="caching", size=3
    )


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ({"nodes": [A]}, {"nodes": [A]}),
        ({"nodes": []}, {"nodes": []}),  # Glance refuses it, in its own words.
        ({"sites": ["edge1"], "per_site": 2}, {"sites": ["edge1"], "per_site": 2}),
        ({"all_nodes": True}, {"all": True}),
        ({"count": 3}, {"count": 3}),
    ],
)
def test_queue_sends_the_choice(glance, image, choice, sent) -> None:
    glance.answers["PUT", canned.NODES_PATH] = canned.results((A, "queued"), (B, "refused"))
    placed = client.queue(image, canned.IMAGE_ID, **choice)
    assert json.loads(glance.asked[0].body) == sent
    assert [(each.node, each.result, each.is_failure) for each in placed.results] == [
        (A, "queued", False),
        (B, "refused", True),
    ]


def test_evict_sends_the_choice(glance, image) -> None:
    glance.answers["DELETE", canned.NODES_PATH] = canned.results((A, "evicted"))
    client.evict(image, canned.IMAGE_ID, nodes=[A, B], sites=["edge1"])
    client.evict(image, canned.IMAGE_ID, all_nodes=True)
    first, second = (asked.query for asked in glance.asked)
    assert first == {"node": [A, B], "site": ["edge1"]}
    assert second == {"all": ["true"]}


def test_evict_from_many_nodes_stays_below_the_longest_url(glance, image) -> None:
    urls = [
        f"http://a-node-with-a-rather-long-name-{number}.example.org:9292" for number in range(120)
    ]
    glance.answers["DELETE", canned.NODES_PATH] = lambda asked: canned.results(
        *((url, "evicted") for url in asked.query["node"])
    )
    placed = client.evict(image, canned.IMAGE_ID, nodes=urls)
    assert [each.node for each in placed.results] == urls
    assert max(len(asked.path) for asked in glance.asked) < 8000


def answer_map(ids: list[str], page: int = 40):
    """Answer as the map does: in pages, each with a link to the next."""

    def answer(asked: canned.Asked) -> canned.Answer:
        query = asked.query
        wanted = query["image_id"][0].removeprefix("in:").split(",") if "image_id" in query else ids
        assert len(wanted) <= 100 or "image_id" not in query
        after = query.get("marker", [""])[0]
        rest = sorted(each for each in wanted if each in ids and each > after)
        rows = [
            {"image_id": each, "name": None, "status": "active", "size": 1, "cached_nodes": [A]}
            for each in rest[:page]
        ]
        found: dict[str, object] = {"images": rows, "first": "/v2/cache/images"}
        if len(rest) > page:
            more = f"http://evil:1/v2/cache/images?{asked.path.partition('?')[2]}"
            found["next"] = f"{more.partition('&marker')[0]}&marker={rows[-1]['image_id']}"
        return canned.body(found)

    return answer


def test_the_map_follows_every_page_and_never_a_host(glance, image) -> None:
    ids = sorted(str(uuid.uuid4()) for _ in range(130))
    glance.answers["GET", "/v2/cache/images"] = answer_map(ids)
    found = list(client.images(image, node=A, site="edge1", leftover=True))
    assert [each.image_id for each in found] == ids
    assert found[0] == client.CachedImage(ids[0], None, "active", 1, (A,))
    assert len(glance.asked) == 4
    for asked in glance.asked:
        assert asked.query["node"] == [A]
        assert (asked.query["site"], asked.query["leftover"]) == (["edge1"], ["true"])


def test_any_number_of_ids_is_batched_and_each_image_comes_once(glance, image) -> None:
    ids = sorted(str(uuid.uuid4()) for _ in range(250))
    glance.answers["GET", "/v2/cache/images"] = answer_map(ids)
    found = [each.image_id for each in client.images(image, image_ids=[*ids, *ids[:30]])]
    assert found == ids
    assert max(len(asked.path) for asked in glance.asked) < 8000


def test_no_ids_are_no_images_and_no_request(glance, image) -> None:
    assert list(client.images(image, image_ids=[])) == []
    assert glance.asked == []


def test_a_map_that_never_ends_is_an_error(glance, image) -> None:
    said = {"images": [], "next": "/v2/cache/images?limit=1000"}
    glance.answers["GET", "/v2/cache/images"] = canned.body(said)
    with pytest.raises(client.CallError, match="the same page"):
        list(client.images(image))


CALLS = {
    "detail": lambda image: client.image_detail(image, canned.IMAGE_ID),
    "nodes": client.nodes,
    "images": lambda image: list(client.images(image)),
    "local": lambda image: client.local_image(image, canned.IMAGE_ID),
    "queue": lambda image: client.queue(image, canned.IMAGE_ID, count=1),
    "evict": lambda image: client.evict(image, canned.IMAGE_ID, all_nodes=True),
}
ABOUT_AN_IMAGE = [name for name in CALLS if name not in ("nodes", "images")]


def failure(glance, image, call: str, answer: canned.Answer) -> client.CallError:
    for path in (canned.NODES_PATH, DETAIL_PATH, "/v2/cache/nodes", "/v2/cache/images"):
        for method in ("GET", "PUT", "DELETE"):
            glance.answers[method, path] = answer
    glance.answers["GET", f"/v2/cache/{canned.IMAGE_ID}"] = answer
    with pytest.raises(client.CallError) as raised:
        CALLS[call](image)
    assert str(raised.value).isprintable()
    assert canned.TOKEN not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", [canned.NO_ROUTE, canned.fault(405, "No."), canned.VERSIONS])
def test_a_glance_without_the_call(glance, image, call: str, answer: canned.Answer) -> None:
    raised = failure(glance, image, call, answer)
    assert isinstance(raised, client.NoSuchCallError)
    assert str(raised).startswith("The Glance node that answered cannot ")
    assert "install this version of glance-cache-nodes" in str(raised)


@pytest.mark.parametrize("call", ABOUT_AN_IMAGE)
def test_no_such_image(glance, image, call: str) -> None:
    raised = failure(glance, image, call, canned.OURS_NO_IMAGE)
    assert str(raised).startswith(f"No image {canned.IMAGE_ID}")
    assert not isinstance(raised, client.NoSuchCallError)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            canned.fault(400, "The site edge9 is not known."),
            "request: The site edge9 is not known.",
        ),
        (canned.fault(403, "leftover is for admins."), "Glance refuses: leftover is for admins."),
        (canned.fault(409, "Image x is queued."), "Glance does not do this: Image x is queued."),
        (canned.NOT_CENTRAL, "keeps no record of cached images"),
        (canned.DATABASE_DOWN, "does not answer. The request can be repeated. Try again in 5 s."),
    ],
)
@pytest.mark.parametrize("call", CALLS)
def test_the_servers_own_words_are_told(glance, image, call: str, answer, words: str) -> None:
    assert words in str(failure(glance, image, call, answer))


@pytest.mark.parametrize(
    ("call", "rule"),
    [("detail", "list_cached_nodes"), ("queue", "cache_image"), ("evict", "cache_delete")],
)
def test_a_refusal_names_the_rule(glance, image, call: str, rule: str) -> None:
    refused = canned.fault(403, f"You are not authorized to complete {rule} action.")
    assert f"Glance's rule {rule} refuses you" in str(failure(glance, image, call, refused))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"nodes": 1}', '{"images": [1], "results": [2], "nodes": [3]}']
)
def test_an_answer_of_another_form(glance, image, call: str, body: str) -> None:
    raised = failure(glance, image, call, canned.Answer(200, body))
    assert "answered something else than" in str(raised)
    assert "?" not in str(raised).partition(" ")[0]


@pytest.mark.parametrize(
    "wrong",
    [{"state": 1}, {"size": "5"}, {"on_record": 1}, {"last_accessed": "noon"}, {"size": True}],
    ids=str,
)
def test_a_field_of_another_type(glance, image, wrong: dict[str, object]) -> None:
    answer = canned.detail((A, "confirmed"), **wrong)
    assert "answered something else than nodes" in str(failure(glance, image, "detail", answer))
