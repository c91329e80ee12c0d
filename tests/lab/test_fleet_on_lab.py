# SPDX-License-Identifier: Apache-2.0
"""Many nodes in one call, with real ones: an image goes everywhere, and away again."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import waiting

TIMEOUT = 60  # seconds, far beyond fleet_timeout


@contextlib.contextmanager
def frozen(node) -> Iterator[None]:
    """Let a node accept connections and say nothing."""
    os.kill(node.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.process.pid, signal.SIGCONT)


def call(connect, method: str, path: str, **more):
    """Send a request to the first node."""
    response = connect("lab-node1").image.request(f"/cache/{path}", method, timeout=TIMEOUT, **more)
    assert response.status_code in {200, 202}, response.text
    return response.json()


def results(answer) -> dict[str, str]:
    return {each["node"]: each["result"] for each in answer["results"]}


def states(connect, image) -> dict[str, str]:
    detail = call(connect, "GET", f"nodes/{image.id}/detail?verify=true")
    return {row["node"]: row["state"] for row in detail["nodes"]}


def test_an_image_goes_to_all_nodes_and_away_again(lab, connect, image) -> None:
    urls = [node.url for node in lab.nodes]
    told = call(connect, "PUT", f"nodes/{image.id}", json={"all": True})
    assert results(told) == dict.fromkeys(urls, "queued")
    everywhere = dict.fromkeys(urls, "confirmed")
    assert waiting.until(lambda: states(connect, image) == everywhere)
    again = call(connect, "PUT", f"nodes/{image.id}", json={"all": True})
    assert results(again) == dict.fromkeys(urls, "already_cached")
    away = call(connect, "DELETE", f"nodes/{image.id}?all=true")
    assert results(away) == dict.fromkeys(urls, "evicted")
    assert states(connect, image) == dict.fromkeys(urls, "absent")


def test_a_site_gets_as_many_as_it_is_to_have(connect, image) -> None:
    choice = {"sites": ["edge1", "central"], "per_site": 1}
    first = results(call(connect, "PUT", f"nodes/{image.id}", json=choice))
    assert sorted(first.values()) == ["queued", "queued"]
    assert waiting.until(lambda: list(states(connect, image).values()).count("confirmed") == 2)
    second = results(call(connect, "PUT", f"nodes/{image.id}", json=choice))
    assert second == dict.fromkeys(first, "already_cached")


def test_a_node_that_hangs_is_named_and_holds_up_nobody(lab, connect, image) -> None:
    first, second, third = lab.nodes
    with frozen(second):
        told = call(connect, "PUT", f"nodes/{image.id}", json={"all": True})
        found = states(connect, image)
        nodes = call(connect, "GET", "nodes?probe=true")["nodes"]
    assert results(told) == {
        first.url: "queued",
        second.url: "unreachable",
        third.url: "queued",
    }
    assert found[second.url] == "unverified"
    assert {found[first.url], found[third.url]} <= {"queued", "caching", "confirmed", "absent"}
    assert {row["url"]: row["status"] for row in nodes}[second.url] == "down"


def test_what_is_left_of_a_deleted_image_is_evicted(lab, connect, image) -> None:
    urls = [node.url for node in lab.nodes]
    call(connect, "PUT", f"nodes/{image.id}", json={"all": True})
    assert waiting.until(lambda: set(states(connect, image).values()) == {"confirmed"})
    connect("lab-node1").image.delete_image(image.id)
    left = states(connect, image)
    assert left == {urls[0]: "absent", urls[1]: "confirmed", urls[2]: "confirmed"}
    away = results(call(connect, "DELETE", f"nodes/{image.id}?all=true"))
    assert away == {urls[0]: "absent", urls[1]: "evicted", urls[2]: "evicted"}


def test_a_member_may_not(connect, image) -> None:
    connection = connect("lab-member")
    response = connection.image.put(f"/cache/nodes/{image.id}", json={"all": True})
    assert response.status_code == 403
