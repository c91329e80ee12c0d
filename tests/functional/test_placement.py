# SPDX-License-Identifier: Apache-2.0
"""PUT and DELETE on nodes, on this node's own Glance: real images, real files, real rows."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path
from urllib.parse import urlencode

import pytest
import webob

import contract_fixtures as fixtures
import glance_site
import images
import waiting

OWN, OTHER = images.NODES[:2]  # nothing answers at the second: its name is of no host
CONTENT = b"twenty bytes of data"


def ask(
    method: str, path: str, body: object = None, token: str = "admin", **headers: str
) -> webob.Response:
    request = webob.Request.blank(
        path, method=method, headers={"X-Auth-Token": token, "Accept": "application/json"} | headers
    )
    if isinstance(body, bytes):
        request.body, request.content_type = body, "application/octet-stream"
    elif body is not None:
        request.json_body = body
    return request.get_response(glance_site.call)


def call(image_id: str) -> str:
    return f"/v2/cache/nodes/{image_id}"


@pytest.fixture(scope="module", autouse=True)
def nodes() -> None:
    """Register the nodes of the tests."""
    glance_site.application()
    images.of_every_kind()


@pytest.fixture
def image() -> str:
    """Return a fresh image with data."""
    values = {"name": "i", "disk_format": "raw", "container_format": "bare"}
    image_id = ask("POST", "/v2/images", values).json["id"]
    assert ask("PUT", f"/v2/images/{image_id}/file", CONTENT).status_int == 204
    return image_id


def cached_file(image_id: str) -> Path:
    return glance_site.root() / "cache" / image_id


def on_disk(image_id: str) -> str:
    return ask("GET", f"/v2/cache/{image_id}").json["state"]


def cache(image_id: str, *nodes: str) -> dict[str, str]:
    response = ask("PUT", call(image_id), {"nodes": list(nodes)})
    assert response.status_int == 202
    return {each["node"]: each["result"] for each in response.json["results"]}


def evict(image_id: str, *nodes: str, token: str = "admin") -> dict[str, str]:
    query = urlencode({"node": nodes}, doseq=True)
    response = ask("DELETE", f"{call(image_id)}?{query}", token=token)
    assert response.status_int == 202, response.text
    return {each["node"]: each["result"] for each in response.json["results"]}


def wait_for_worker(image_id: str) -> None:
    assert waiting.until(lambda: OWN in ask("GET", call(image_id)).json["cached_nodes"])


@pytest.fixture
def cached(image: str) -> str:
    """Return an image that this node has cached."""
    assert cache(image, OWN) == {OWN: "queued"}
    wait_for_worker(image)
    return image


def test_an_image_is_cached_and_evicted(cached: str) -> None:
    assert cached_file(cached).read_bytes() == CONTENT
    assert cache(cached, OWN) == {OWN: "already_cached"}
    assert evict(cached, OWN) == {OWN: "evicted"}
    assert not cached_file(cached).exists()
    assert evict(cached, OWN) == {OWN: "absent"}


def test_two_operators_at_once(image: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: cache(image, OWN)[OWN], range(2)))
    assert set(found) <= {"queued", "already_cached"}
    assert waiting.until(lambda: on_disk(image) == "cached")
    assert cached_file(image).read_bytes() == CONTENT


def test_a_damaged_copy_is_made_anew(cached: str) -> None:
    cached_file(cached).write_bytes(b"short")
    assert on_disk(cached) == "damaged"
    assert cache(cached, OWN) == {OWN: "queued"}
    assert waiting.until(lambda: on_disk(cached) == "cached")
    assert cached_file(cached).read_bytes() == CONTENT


def test_a_row_without_a_file_is_evicted(cached: str) -> None:
    cached_file(cached).unlink()
    assert evict(cached, OWN) == {OWN: "evicted"}
    assert ask("GET", call(cached)).json == {"cached_nodes": []}


def test_an_admin_evicts_what_is_left_of_an_image(cached: str) -> None:
    assert ask("DELETE", f"/v2/images/{cached}").status_int == 204
    cached_file(cached).write_bytes(CONTENT)  # Glance removes it on the node that is asked
    images.record(cached, OWN)
    assert evict(cached, OWN) == {OWN: "evicted"}
    assert not cached_file(cached).exists()


def test_a_file_without_a_row_of_an_image_that_is_gone_is_a_case_for_reconcile() -> None:
    image_id = images.new_id()
    cached_file(image_id).write_bytes(CONTENT)
    response = ask("DELETE", f"{call(image_id)}?node={OWN}")
    (result,) = response.json["results"]
    assert result["result"] == "failed"
    assert "glance-cache-nodes reconcile --fix" in result["reason"]
    cached_file(image_id).unlink()


def test_a_node_that_cannot_be_reached_has_a_result_too(image: str) -> None:
    assert cache(image, OWN, OTHER) == {OWN: "queued", OTHER: "unreachable"}
    assert evict(image, OTHER) == {OTHER: "unreachable"}


def test_verify_asks_the_disk_and_not_the_record(cached: str) -> None:
    images.record(cached, OTHER)
    assert ask("GET", call(cached)).json == {"cached_nodes": [OWN, OTHER]}
    verified = ask("GET", f"{call(cached)}?verify=true").json
    assert (verified["cached_nodes"], verified["complete"]) == ([OWN], False)
    assert verified["checked_at"].endswith("Z")
    bare = {"User-Agent": "python-glanceclient"}
    response = ask("GET", f"{call(cached)}?verify=true", None, "admin", **bare)
    assert response.json == [OWN]
    assert response.headers["X-Cache-Nodes-Complete"] == "false"
    assert response.headers["Vary"] == "User-Agent"


def test_the_detail_of_chosen_nodes_has_no_others(cached: str) -> None:
    detail = ask("GET", f"{call(cached)}/detail?verify=true&node={OWN}").json
    assert detail["complete"] is True
    (row,) = detail["nodes"]
    assert (row["node"], row["state"], row["size"]) == (OWN, "confirmed", len(CONTENT))
    assert row["on_record"] is True
    everywhere = ask("GET", f"{call(cached)}/detail?verify=true").json
    states = {row["node"]: row["state"] for row in everywhere["nodes"]}
    assert states[OWN] == "confirmed"
    assert states[OTHER] == "unreachable"
    assert everywhere["complete"] is False
    assert ask("GET", f"{call(cached)}/detail?node={OTHER}").json["nodes"] == []


def test_a_file_off_the_record_is_found(cached: str) -> None:
    assert evict(cached, OWN) == {OWN: "evicted"}
    cached_file(cached).write_bytes(CONTENT)
    assert ask("GET", call(cached)).json == {"cached_nodes": []}
    assert ask("GET", f"{call(cached)}?verify=true").json["cached_nodes"] == [OWN]
    (row,) = ask("GET", f"{call(cached)}/detail?verify=true&node={OWN}").json["nodes"]
    assert (row["state"], row["on_record"], row["hits"]) == ("confirmed", False, None)
    assert evict(cached, OWN) == {OWN: "evicted"}


def test_a_probe_tells_which_nodes_are_up() -> None:
    rows = {row["url"]: row for row in ask("GET", "/v2/cache/nodes?probe=true").json["nodes"]}
    assert (rows[OWN]["status"], rows[OTHER]["status"]) == ("up", "down")
    assert rows[OTHER]["latency_ms"] is None
    rows = ask("GET", "/v2/cache/nodes").json["nodes"]
    assert {row["status"] for row in rows} == {None}


def test_one_line_tells_who_did_what(image: str) -> None:
    before = len(glance_site.log_text())
    cache(image, OWN)
    lines = [line for line in glance_site.log_text()[before:].splitlines() if "Caching of" in line]
    (line,) = lines
    for word in (image, OWN, "queued", "user admin", "project lab", "req-"):
        assert word in line


WRONG_BODIES = {
    "nothing": ({}, "exactly one of"),
    "no nodes": ({"nodes": []}, "at least one"),
    "two ways": ({"all": True, "count": 1}, "exactly one of"),
    "per_site alone": ({"per_site": 1}, "exactly one of"),
    "per_site with nodes": ({"nodes": [OWN], "per_site": 1}, "exactly one of"),
    "all of false": ({"all": False}, "true"),
    "all of 1": ({"all": 1}, "true"),
    "count of 0": ({"count": 0}, "from 1 on"),
    "count of true": ({"count": True}, "from 1 on"),
    "count of text": ({"count": "2"}, "from 1 on"),
    "too many": ({"count": 99999}, "not 99999"),
    "an unknown node": ({"nodes": ["http://evil:9292"]}, "http://evil:9292"),
    "an unknown site": ({"sites": ["mars"]}, "mars"),
    "more than a site has": ({"sites": [OWN], "per_site": 2}, "not 2"),
    "an unknown key": ({"node": OWN}, "node"),
    "a list": ([OWN], "exactly one of"),
}


@pytest.mark.parametrize("name", WRONG_BODIES)
def test_a_body_that_is_not_understood(image: str, name: str) -> None:
    body, words = WRONG_BODIES[name]
    response = ask("PUT", call(image), body)
    assert response.status_int == 400
    assert words in response.json["message"]


WRONG_QUERIES = {
    "nothing": ("", "all=true"),
    "all of false": ("?all=false", "all=true"),
    "all and a node": (f"?all=true&node={OWN}", "all=true"),
    "an unknown node": ("?node=http://evil:9292", "evil"),
    "an unknown site": ("?site=mars", "mars"),
    "an empty node": ("?node=", "URL of a node"),
}


@pytest.mark.parametrize("name", WRONG_QUERIES)
def test_a_query_that_is_not_understood(image: str, name: str) -> None:
    query, words = WRONG_QUERIES[name]
    response = ask("DELETE", call(image) + query)
    assert response.status_int == 400
    assert words in response.json["message"]


def test_an_image_without_data_is_refused_once() -> None:
    image_id = ask("POST", "/v2/images", {"name": "empty"}).json["id"]
    response = ask("PUT", call(image_id), {"all": True})
    assert response.status_int == 409
    assert "queued" in response.json["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_image_that_is_not_there(method: str) -> None:
    body = {"nodes": [OWN]} if method == "PUT" else None
    query = "" if method == "PUT" else f"?node={OWN}"
    assert ask(method, call("no-uuid") + query, body).status_int == 404
    if method == "PUT":
        assert ask(method, call(images.UNKNOWN), body).status_int == 404
    else:
        assert evict(images.UNKNOWN, OWN) == {OWN: "absent"}


def test_an_image_that_is_larger_than_the_cache(image: str) -> None:
    glance_site.CONF.set_override("image_cache_max_size", len(CONTENT) - 1)
    try:
        assert cache(image, OWN) == {OWN: "refused"}
    finally:
        glance_site.CONF.clear_override("image_cache_max_size")


def test_caching_that_is_off_comes_before_the_image() -> None:
    fixture = fixtures.CachingOff()
    fixture.start_fixture()
    try:
        assert ask("PUT", call(images.UNKNOWN), {"nodes": [OWN]}).status_int == 409
        assert ask("DELETE", call(images.UNKNOWN) + f"?node={OWN}").status_int == 409
    finally:
        fixture.stop_fixture()
