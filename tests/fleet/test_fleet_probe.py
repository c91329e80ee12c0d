# SPDX-License-Identifier: Apache-2.0
"""A probe tells which nodes are up, and sends no token."""

from __future__ import annotations

import fleets
import peer_servers as peers
import pytest
from peer_servers import Behaviour, Peer

from glance_cache_nodes.fleet.call import calling
from glance_cache_nodes.fleet.probe import Probe, probe
from glance_cache_nodes.net.node_calls import NodeCalls


def without_health_check(status: str) -> Behaviour:
    def behave(peer: Peer, connection: object, head: bytes) -> None:
        is_check = head.startswith(b"GET /healthcheck ")
        peers.answer("404 Not Found" if is_check else status)(peer, connection, head)

    return behave


def ask(url: str, fleet: NodeCalls | None = None) -> Probe:
    with calling(fleet or fleets.fleet(timeout=1.0), fleets.own_node(), {}) as call:
        return probe(call, [url])[0]


KINDS = {
    "up": (peers.answer("200 OK", b"OK"), "up"),
    "taken out": (peers.answer("503 Service Unavailable"), "down"),
    "hangs": (peers.hangs, "down"),
    "rubbish": (peers.raw(b"hello"), "down"),
    "redirect": (peers.answer("302 Found"), "down"),
    "versions": (without_health_check("300 Multiple Choices"), "up"),
    "neither": (without_health_check("404 Not Found"), "down"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_node_is_up_when_it_says_so(name: str) -> None:
    behave, status = KINDS[name]
    # A busy machine lets those that answer wait.
    fleet = fleets.fleet(timeout=1.0 if name == "hangs" else 60.0)
    with Peer(behave) as peer:
        found = ask(peer.url, fleet)
    assert found.status == status
    assert (found.latency_ms is not None) == (found.reason is None) == (status == "up")
    assert b"token" not in peer.requests[0].lower()


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found"])
def test_the_reason_of_a_probe_says_nothing_of_a_token_or_an_image(status: str) -> None:
    with Peer(peers.answer(status)) as peer:
        found = ask(peer.url, fleets.fleet(timeout=60.0))
    assert found.reason == f"it answered with the status {status[:3]}"


def test_a_port_without_a_server_is_down() -> None:
    assert ask(peers.closed_port()).status == "down"


def test_the_own_node_is_up() -> None:
    assert ask(fleets.OWN_URL).status == "up"


def test_a_node_that_is_not_called_is_neither(tmp_path: object) -> None:
    with Peer(peers.answer("200 OK")) as peer:
        found = ask(peer.url, fleets.fleet(sites=tmp_path / "none.yaml"))
    assert (found.status, peer.requests) == (None, [])
