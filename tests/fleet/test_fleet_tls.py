# SPDX-License-Identifier: Apache-2.0
"""TLS by keystoneauth's own options: a token goes to no node whose certificate is wrong."""

from __future__ import annotations

from pathlib import Path

import certificates
import fleets
import peer_servers as peers
import pytest
from peer_servers import Peer

from glance_cache_nodes.fleet.outcome import Answer
from glance_cache_nodes.net.node_calls import NodeCalls


def ask(url: str, fleet: NodeCalls) -> Answer:
    return fleets.verify(fleet, [url])[0]


def test_a_certificate_of_the_configured_authority(tmp_path: Path) -> None:
    cafile, server = certificates.make(tmp_path, "127.0.0.1")
    with Peer(peers.tells("cached"), server) as peer:
        assert ask(peer.url, fleets.fleet(cafile=str(cafile))).state == "confirmed"


def test_a_certificate_of_another_authority(tmp_path: Path) -> None:
    _, server = certificates.make(tmp_path, "127.0.0.1")
    with Peer(peers.tells("cached"), server) as peer:
        answer = ask(peer.url, fleets.fleet())
    assert (answer.state, peer.requests) == ("unreachable", [])
    assert (answer.reason or "").startswith("TLS: ")


def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    cafile, server = certificates.make(tmp_path, "127.0.0.9")
    with Peer(peers.tells("cached"), server) as peer:
        answer = ask(peer.url, fleets.fleet(cafile=str(cafile)))
    assert (answer.state, peer.requests) == ("unreachable", [])


def test_insecure_takes_any_certificate(tmp_path: Path) -> None:
    _, server = certificates.make(tmp_path, "127.0.0.9")
    with Peer(peers.tells("cached"), server) as peer:
        assert ask(peer.url, fleets.fleet(insecure=True)).state == "confirmed"


def test_a_port_without_tls() -> None:
    with Peer(peers.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as peer:
        answer = ask(peer.url.replace("http:", "https:"), fleets.fleet())
    assert answer.state == "unreachable"


def test_a_port_with_tls_that_is_asked_without(tmp_path: Path) -> None:
    _, server = certificates.make(tmp_path, "127.0.0.1")
    with Peer(peers.tells("cached"), server) as peer:
        answer = ask(peer.url.replace("https:", "http:"), fleets.fleet())
    assert (answer.state, peer.requests) == ("unreachable", [])


def test_a_node_that_hangs_in_the_handshake() -> None:
    with Peer(peers.hangs) as peer:
        answer = ask(peer.url.replace("http:", "https:"), fleets.fleet(timeout=1.0))
    assert answer.state == "unverified"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_names_the_option(
    tmp_path: Path, content: str | None
) -> None:
    cafile = tmp_path / "ca.pem"
    if content:
        cafile.write_text(content)
    with Peer(peers.hangs) as peer:
        answer = ask(peer.url.replace("http:", "https:"), fleets.fleet(cafile=str(cafile)))
    assert answer.state == "unreachable"
    assert "[cache_nodes] cafile" in (answer.reason or "")
