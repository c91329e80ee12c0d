# SPDX-License-Identifier: Apache-2.0
"""Each thing that can be wrong with a node, and what a node that asks it makes of that."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

import certificates
import pytest

import bad_peer
import file_opens
import glance_nodes
import waiting
from bad_peer import Peer
from glance_cache_nodes.fill.peer_finder import by_hash
from glance_nodes import Node, Nodes

pytestmark = pytest.mark.slow

SEEDS = range(int(os.environ.get("FILL_SEEDS", "1")))
NO_ADDRESSES = ("http://[2001:db8::a]", "http://node:99999")
MEND = (
    bad_peer.hang_up,
    bad_peer.hang_before_headers,
    bad_peer.answer_500,
    bad_peer.answer_504,
    bad_peer.redirect,
    bad_peer.speak_no_http,
    bad_peer.truncate,
    bad_peer.reset,
    bad_peer.stall,
    bad_peer.trickle,
    bad_peer.promise_for_ever,
    bad_peer.have_another_length,
)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with bad_peer.running() as running:
        yield running


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """A node whose certificate no authority signed that this node trusts."""
    _, server = certificates.make(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    with bad_peer.running(server) as running:
        yield running


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, peer: Peer, untrusted: Peer) -> Iterator[Nodes]:
    root = tmp_path_factory.mktemp("bad-peers")
    strangers = [peer.url, untrusted.url, *NO_ADDRESSES]
    with glance_nodes.running(root, [1], strangers=strangers) as running:
        yield running


@pytest.fixture
def node(nodes: Nodes) -> Node:
    node = nodes.all[0]
    for marker in (node.cache / "cache_nodes").glob("*.failed-before"):
        marker.unlink()
    return node


def on_record(nodes: Nodes, peer: Peer, does: bad_peer.Handler, seed: int) -> str:
    """Make an image that the bad peer holds by the record; return its id."""
    chance = random.Random(seed)
    peer.data = chance.randbytes(chance.randrange(200_000, 3_000_000))
    peer.at = chance.randrange(len(peer.data))
    peer.does = does
    peer.asked.clear()
    peer.go_on.clear()
    image_id = glance_nodes.upload(nodes.all[0], peer.data)
    nodes.record(peer.url, image_id, len(peer.data))
    return image_id


def check_record(nodes: Nodes, node: Node, image_id: str) -> None:
    """Check that file and row are both there or both not, and nothing of the fill is left."""
    assert waiting.until(node.is_idle)
    assert (node.url in nodes.rows(image_id)) == node.has(image_id)
    assert not list((node.cache / "cache_nodes").glob("*.part"))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("does", MEND, ids=lambda does: does.__name__)
def test_the_image_comes_whole_all_the_same(
    nodes: Nodes, node: Node, peer: Peer, does: bad_peer.Handler, seed: int
) -> None:
    image_id = on_record(nodes, peer, does, seed)
    with file_opens.counted(nodes.store) as opens:
        answer = node.download(image_id)
        assert (answer.status, answer.is_broken) == (200, False)
        assert answer.body == peer.data
        assert opens.of(image_id) == 1
    # One that is well is asked once more, to read the backend, where the hash chooses it.
    assert len(peer.asked) in ((1, 2) if does is bad_peer.answer_504 else (1,))
    check_record(nodes, node, image_id)
    assert (node.cache / image_id).read_bytes() == peer.data


@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_bytes_break_the_connection_and_are_never_cached(
    nodes: Nodes, node: Node, peer: Peer, seed: int
) -> None:
    image_id = on_record(nodes, peer, bad_peer.flip_a_byte, seed)
    answer = node.download(image_id)
    # Small images are held back as a whole, and then come from the backend.
    assert answer.is_broken or answer.body == peer.data
    check_record(nodes, node, image_id)
    asked = len(peer.asked)
    again = node.download(image_id)
    assert (again.status, again.body == peer.data) == (200, True)
    check_record(nodes, node, image_id)
    assert node.has(image_id)
    assert len(peer.asked) == asked == 1
    assert f"node {peer.url} has a damaged copy" in node.log()


def test_a_good_peer_spares_the_backend(nodes: Nodes, node: Node, peer: Peer) -> None:
    image_id = on_record(nodes, peer, bad_peer.serve_it, 5)
    with file_opens.counted(nodes.store) as opens:
        assert node.download(image_id, X_Openstack_Request_Id="req-mine").body == peer.data
        assert opens.of(image_id) == 0
    request = peer.asked[0].decode().lower()
    assert "x-auth-token: admin\r\n" in request
    assert "x-openstack-request-id: req-" in request
    assert "cache-control: only-if-cached\r\n" in request
    assert f"x-cache-nodes-fill: {node.url}\r\n" in request
    check_record(nodes, node, image_id)


def test_an_image_without_a_checksum_never_comes_from_a_peer(
    nodes: Nodes, node: Node, peer: Peer
) -> None:
    image_id = on_record(nodes, peer, bad_peer.serve_it, 6)
    nodes.execute(
        "UPDATE images SET checksum = NULL, os_hash_algo = NULL, os_hash_value = NULL "
        "WHERE id = :id",
        id=image_id,
    )
    answer = node.download(image_id)
    assert (answer.body == peer.data, answer.headers["Content-MD5"]) == (True, None)
    assert peer.asked == []


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_an_address_that_leads_nowhere_is_passed_over(
    nodes: Nodes, node: Node, peer: Peer, url: str
) -> None:
    image_id = on_record(nodes, peer, bad_peer.serve_it, 10)
    nodes.record(url, image_id, len(peer.data))
    try:
        assert node.download(image_id).body == peer.data
    finally:
        nodes.forget(url)
    check_record(nodes, node, image_id)
    assert node.has(image_id)
    assert f"{image_id} was filled in" in node.log()


def test_a_node_does_not_ask_itself_under_an_older_spelling_of_its_url(
    nodes: Nodes, node: Node, peer: Peer
) -> None:
    older = f"{node.url}/"
    image_id = on_record(nodes, peer, bad_peer.answer_504, 11)
    while by_hash(image_id, [older, node.url, peer.url])[0] != older:
        image_id = on_record(nodes, peer, bad_peer.answer_504, 11)
    nodes.execute("INSERT INTO node_reference (node_reference_url) VALUES (:url)", url=older)
    try:
        assert node.download(image_id).body == peer.data
    finally:
        nodes.forget(older)
    check_record(nodes, node, image_id)
    assert list((node.cache / "cache_nodes").glob("*.failed-before")) == []


def test_a_node_that_the_sites_file_does_not_name_is_never_asked(nodes: Nodes, node: Node) -> None:
    with bad_peer.running() as stranger:
        image_id = on_record(nodes, stranger, bad_peer.serve_it, 7)
        assert node.download(image_id).body == stranger.data
        assert stranger.asked == []


def test_a_request_from_a_peer_is_not_passed_on(nodes: Nodes, node: Node, peer: Peer) -> None:
    image_id = on_record(nodes, peer, bad_peer.serve_it, 8)
    only = {"X_Cache_Nodes_Fill": peer.url, "Cache_Control": "only-if-cached"}
    assert node.download(image_id, **only).status == 504
    assert not node.has(image_id)
    answer = node.download(image_id, X_Cache_Nodes_Fill=peer.url)
    assert answer.body == peer.data
    assert peer.asked == []
    check_record(nodes, node, image_id)
    assert node.download(image_id, **only).status == 200


def test_a_peer_with_a_wrong_certificate_gets_no_token(
    nodes: Nodes, node: Node, peer: Peer, untrusted: Peer
) -> None:
    image_id = on_record(nodes, untrusted, bad_peer.serve_it, 9)
    peer.does = bad_peer.answer_504
    with file_opens.counted(nodes.store) as opens:
        assert node.download(image_id).body == untrusted.data
        assert opens.of(image_id) == 1
    check_record(nodes, node, image_id)
    assert untrusted.asked == []
    assert len(list((node.cache / "cache_nodes").glob("*.failed-before"))) == 1
    assert f"{untrusted.url}: " in node.log()
    assert "TLS: self-signed certificate" in node.log()
