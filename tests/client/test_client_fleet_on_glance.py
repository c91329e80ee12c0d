# SPDX-License-Identifier: Apache-2.0
"""The client's calls about many nodes against real Glance, alone and behind a load balancer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from adapters import adapter_for
from keystoneauth1 import adapter
from osc_shell import openstack

import balancer
import glance_site
import images
from glance_cache_nodes import client

NODES = ["http://node1:9292", "http://node2:9292"]
SITES = """
edge1: {nodes: ["http://node2:9292"], near: [central]}
central: {nodes: ["http://node1:9292", "http://node3:9292"]}
"""

# name -> the call, as the client makes it for an image
CALLS: dict[str, Callable[[adapter.Adapter, str], Any]] = {
    "detail": client.image_detail,
    "nodes": lambda image, _: client.nodes(image),
    "images": lambda image, image_id: list(client.images(image, image_ids=[image_id])),
    "local": client.local_image,
    "evict": lambda image, image_id: client.evict(image, image_id, nodes=NODES[:1]),
}
RULES = {"evict": "cache_delete"}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Glance with the filter and a sites file."""
    path = tmp_path_factory.mktemp("sites") / "sites.yaml"
    path.write_text(SITES)
    with balancer.serve(glance_site.application_with_options(sites_file=str(path))) as url:
        yield url


@pytest.fixture(scope="module")
def native() -> Iterator[str]:
    with balancer.serve(glance_site.native_application()) as url:
        yield url


@pytest.fixture
def image(ours: str) -> Iterator[adapter.Adapter]:
    with adapter_for(ours) as made:
        yield made


def private() -> str:
    return images.of_every_kind()["private"]


def test_the_detail_of_the_record(image: adapter.Adapter) -> None:
    found = client.image_detail(image, private(), near="edge1")
    assert [(row.node, row.site) for row in found.nodes] == [
        ("http://node2:9292", "edge1"),
        ("http://node1:9292", "central"),
    ]
    assert {(row.state, row.on_record) for row in found.nodes} == {("unverified", True)}
    assert all(row.last_modified.utcoffset().total_seconds() == 0 for row in found.nodes)
    assert (found.image_id, found.complete) == (private(), False)


def test_the_nearest_come_first(image: adapter.Adapter) -> None:
    found = client.cached_nodes(image, private(), near="edge1")
    assert [node.url for node in found] == NODES[::-1]
    assert client.nodes(image, near="edge1")[0].url == NODES[1]
    with pytest.raises(client.CallError, match=r"There is no site 'edge9'"):
        client.cached_nodes(image, private(), near="edge9")


def test_all_nodes(image: adapter.Adapter) -> None:
    found = {node.url: node for node in client.nodes(image)}
    assert set(NODES) <= set(found)
    assert found[NODES[1]].site == "edge1"
    assert found[NODES[0]].images > 1


def test_the_map_over_pages_and_batches(image: adapter.Adapter) -> None:
    made = sorted(images.create({"visibility": "private", "name": f"n{n}"}) for n in range(5))
    unknown = [str(uuid.uuid4()) for _ in range(150)]
    glance_site.CONF.set_override("api_limit_max", 2)
    try:
        found = [each.image_id for each in client.images(image, image_ids=[*unknown, *made])]
        everything = [each.image_id for each in client.images(image)]
        of_site = [each.image_id for each in client.images(image, site="edge1", image_ids=made)]
    finally:
        glance_site.CONF.clear_override("api_limit_max")
    assert found == of_site == made
    assert len(everything) == len(set(everything))
    assert set(made) <= set(everything)


def test_the_disk_of_the_node_that_answers(image: adapter.Adapter) -> None:
    found = client.local_image(image, private())
    assert (found.node, found.image_id, found.state) == (NODES[0], private(), "absent")


@pytest.mark.parametrize("call", ["detail", "local"])
def test_no_such_image(image: adapter.Adapter, call: str) -> None:
    with pytest.raises(client.CallError) as raised:
        CALLS[call](image, images.UNKNOWN)
    assert str(raised.value).startswith("No image ")


def test_a_leftover_is_told_to_an_admin(image: adapter.Adapter) -> None:
    gone = images.of_every_kind()["deleted"]
    assert [row.node for row in client.image_detail(image, gone).nodes] == NODES
    assert gone in [each.image_id for each in client.images(image, leftover=True)]


@pytest.mark.parametrize("call", CALLS)
def test_who_may_not(ours: str, call: str) -> None:
    with adapter_for(ours, "member") as member, pytest.raises(client.CallError) as raised:
        CALLS[call](member, private())
    assert f"rule {RULES.get(call, 'list_cached_nodes')} refuses you" in str(raised.value)
    assert raised.value.status == 403


@pytest.mark.parametrize("call", CALLS)
def test_behind_a_balancer_each_answer_tells_of_the_node_that_gave_it(
    ours: str, native: str, call: str
) -> None:
    made = images.create({"visibility": "private"})  # to be evicted, too
    with balancer.round_robin([ours, native]) as url, adapter_for(url) as image:
        for _ in range(3):
            assert CALLS[call](image, made)
            with pytest.raises(client.NoSuchCallError, match="install this version of glance"):
                CALLS[call](image, made)


def test_an_image_that_is_not_active_is_told_from_a_node_without_the_call(
    ours: str, native: str
) -> None:
    uploading = images.create({"visibility": "private", "status": "queued"})
    with balancer.round_robin([ours, native]) as url, adapter_for(url) as image:
        with pytest.raises(client.CallError, match="The image is queued") as raised:
            client.queue(image, uploading, all_nodes=True)
        assert raised.value.status == 409
        with pytest.raises(client.NoSuchCallError):
            client.queue(image, uploading, all_nodes=True)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({}, "refuses this request"),
        ({"nodes": []}, "refuses this request"),
        ({"nodes": ["http://evil:1"]}, "http://evil:1"),
        ({"sites": ["edge9"]}, "There is no site 'edge9'"),
        ({"count": 1, "all_nodes": True}, "refuses this request"),
        ({"count": 1000}, "not 1000"),
    ],
    ids=str,
)
def test_a_choice_that_glance_does_not_take(image: adapter.Adapter, choice, words: str) -> None:
    with pytest.raises(client.CallError, match=words) as raised:
        client.queue(image, private(), **choice)
    assert raised.value.status == 400


def test_a_verify_names_every_node(image: adapter.Adapter) -> None:
    # This process is node1; the others are names that nobody has.
    found = client.image_detail(image, private(), verify=True)
    states = {row.node: row.state for row in found.nodes}
    assert states.pop(NODES[0]) == "absent"
    assert states[NODES[1]] == "unreachable"
    assert not found.complete
    assert found.checked_at.tzinfo is not None
    assert client.cached_nodes(image, private(), verify=True) == []


def test_verify_is_never_taken_from_a_native_answer(native: str) -> None:
    with adapter_for(native) as image:
        assert [node.url for node in client.cached_nodes(image, private())] == NODES
        with pytest.raises(client.NoSuchCallError):
            client.cached_nodes(image, private(), verify=True)
        with pytest.raises(client.NoSuchCallError):
            client.cached_nodes(image, private(), near="edge1")


def test_the_map_as_a_command(ours: str, image: adapter.Adapter, tmp_path: Path) -> None:
    name = "mapped-once"
    made = images.create({"visibility": "private", "name": name, "size": 5})
    done = openstack(tmp_path, ours, "map", name, token="admin")
    # Other tests of this process may have registered node3, which holds nothing.
    central = [node for node in client.nodes(image) if node.site == "central"]
    held = "1 of 2: node1" if len(central) > 1 else "1 of 1"
    assert (done.status, done.stderr) == (0, "")
    cells = [line.strip("|").split("|") for line in done.stdout.splitlines()[3:5]]
    assert [[cell.strip() for cell in row] for row in cells] == [
        ["central", name, held],
        ["edge1", name, "1 of 1"],
    ]
    rows = openstack(tmp_path, ours, "map", made, "-f", "json", token="admin").json
    assert [(row["Site"], row["Image ID"], row["Nodes"], row["Size"]) for row in rows] == [
        ("central", made, [NODES[0]], 5),
        ("edge1", made, [NODES[1]], 5),
    ]
