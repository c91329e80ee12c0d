# SPDX-License-Identifier: Apache-2.0
"""Every way in which a node can answer, or not: one outcome for it, and the token stays here."""

from __future__ import annotations

import threading
from pathlib import Path

import fleets
import peer_servers as peers
import pytest
from peer_servers import IMAGE, Behaviour, Peer

from glance_cache_nodes.fleet.outcome import Answer, are_complete
from glance_cache_nodes.fleet.verify import verify
from glance_cache_nodes.net.names import Names

OK = b"HTTP/1.1 200 OK\r\n"
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"

# name -> what a node does, its outcome, words of the reason
NODES: dict[str, tuple[Behaviour, str, str]] = {
    "cached": (peers.tells("cached", size=42), "confirmed", ""),
    "a size of 400 digits": (peers.tells("cached", size=10**400), "confirmed", ""),
    "damaged": (peers.tells("damaged", reason="short"), "damaged", "short"),
    "queued": (peers.tells("queued"), "queued", ""),
    "caching": (peers.tells("caching", size=7), "caching", ""),
    "failed": (peers.tells("failed", reason="no space"), "failed", "no space"),
    "absent": (peers.tells("absent"), "absent", ""),
    "another node": (peers.tells("cached", node="http://other:9292"), "unverified", "other:9292"),
    "no node": (peers.tells("cached", node=5), "unverified", "without a name"),
    "another image": (peers.tells("cached", image_id="x"), "unreachable", "not that of"),
    "an unknown state": (peers.tells("fine"), "unreachable", "not that of"),
    "401": (peers.answer("401 Unauthorized"), "refused", "401"),
    "403": (peers.answer("403 Forbidden"), "refused", "403"),
    "404": (peers.answer("404 Not Found"), "unverified", "404"),
    "405": (peers.answer("405 Method Not Allowed"), "unsupported", "glance-cache-nodes"),
    "409": (peers.answer("409 Conflict"), "unverified", "409"),
    "418": (peers.answer("418 Teapot"), "unreachable", "418"),
    "500": (peers.answer("500 Internal Server Error"), "unreachable", "500"),
    "503": (peers.answer("503 Service Unavailable"), "unreachable", "503"),
    "a page": (peers.answer("200 OK", b"<html>"), "unreachable", "not that of"),
    "a list": (peers.answer("200 OK", b"[1]"), "unreachable", "not that of"),
    "no content": (peers.answer("204 No Content"), "unreachable", "not that of"),
    "deep JSON": (peers.answer("200 OK", b"[" * 60000), "unreachable", "not that of"),
    "no UTF-8": (peers.answer("200 OK", b'{"a": "\xff"}'), "unreachable", "not that of"),
    "no HTTP": (peers.raw(b"hello\r\n\r\n"), "unreachable", "not HTTP"),
    "nothing": (peers.raw(b""), "unreachable", "without an answer"),
    "half a head": (peers.raw(OK + b"Content-Le"), "unreachable", "not that of"),
    "half a body": (
        peers.raw(OK + b"Content-Length: 999\r\n\r\n{"),
        "unreachable",
        "in the middle",
    ),
    "half a chunk": (
        peers.raw(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"),
        "unreachable",
        "in the middle",
    ),
    "a redirect": (peers.raw(REDIRECT + b"\r\n"), "unreachable", "redirects"),
    "a flood": (peers.floods(OK + b"\r\n"), "unreachable", "longer than"),
    "a flood of a redirect": (peers.floods(REDIRECT + b"\r\n"), "unreachable", "longer than"),
    "a flood of a header": (peers.floods(OK + b"X-Long: "), "unreachable", "not HTTP"),
    "hangs": (peers.hangs, "unverified", "no answer within"),
    "trickles a head": (peers.trickles(OK + b"X-Slow: "), "unverified", "no answer within"),
    "trickles a body": (
        peers.trickles(OK + b"Content-Length: 60000\r\n\r\n"),
        "unverified",
        "no answer within",
    ),
    "trickles statuses": (peers.trickles(b"HTTP/1.1 "), "unverified", "no answer within"),
}


def ask(nodes: list[str], **options: object) -> list[Answer]:
    """Ask nodes for the image with a fleet of its own."""
    return fleets.verify(fleets.fleet(**options), nodes)


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    """Return what comes of asking all kinds of nodes in one call."""
    servers = {name: Peer(behave) for name, (behave, _, _) in NODES.items()}
    for server in servers.values():
        server.__enter__()
    try:
        found = ask([server.url for server in servers.values()])
    finally:
        for server in servers.values():
            server.__exit__()
    return dict(zip(servers, found))


@pytest.mark.parametrize("name", NODES)
def test_a_node_has_the_outcome_of_its_answer(answers: dict[str, Answer], name: str) -> None:
    _, outcome, reason = NODES[name]
    assert answers[name].state == outcome, answers[name]
    assert reason in (answers[name].reason or "")


def test_what_a_node_tells_comes_along(answers: dict[str, Answer]) -> None:
    assert answers["cached"].size == 42
    assert answers["caching"].size == 7


def test_a_size_beyond_64_bits_is_not_passed_on(answers: dict[str, Answer]) -> None:
    assert answers["a size of 400 digits"].size is None


def test_it_is_complete_when_each_node_told(answers: dict[str, Answer]) -> None:
    assert are_complete(answers[each].state for each in ("cached", "absent", "damaged"))
    for name in ("hangs", "405", "403", "500", "404"):
        assert not are_complete(answers[each].state for each in ("cached", name))


def test_a_redirect_is_not_followed() -> None:
    with Peer(peers.tells("cached")) as target:
        header = f"Location: {target.url}/v2/cache/{IMAGE}"
        statuses = ("301 M", "302 F", "303 S", "307 T", "308 P")
        servers = [Peer(peers.answer(status, b"", header)) for status in statuses]
        for server in servers:
            server.__enter__()
        found = ask([server.url for server in servers])
        for server in servers:
            server.__exit__()
        assert [answer.state for answer in found] == ["unreachable"] * len(statuses)
        assert target.requests == []


def test_a_request_has_the_token_and_the_request_id_and_no_more() -> None:
    with Peer(peers.tells("cached")) as server:
        ask([server.url])
    head = server.requests[0].decode().lower()
    assert head.startswith(f"get /v2/cache/{IMAGE} http/1.1")
    assert "x-auth-token: secret-token" in head
    assert "x-openstack-request-id: req-1" in head
    assert f"host: 127.0.0.1:{server.port}" in head
    assert "x-service-token" not in head


def test_no_proxy_of_the_environment_gets_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(peers.hangs) as proxy, Peer(peers.tells("cached")) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert ask([server.url])[0].state == "confirmed"
        assert proxy.requests == []


def test_a_port_without_a_server_is_unreachable() -> None:
    answer = ask([peers.closed_port()])[0]
    assert (answer.state, answer.reason) == ("unreachable", "no connection: Connection refused")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://",
        "http://user:word@127.0.0.1:1",
        "http://a b:1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:1/?x=",
        "http://[::1",
        "http://127.0.0.1:1\r\nX: y",
        "",
        "node1",
        "http://*edge:1",
        "http://.edge:1",
    ],
)
def test_a_url_that_is_no_address_is_unreachable(url: str) -> None:
    answer = ask([url])[0]
    assert (answer.state, answer.reason) == (
        "unreachable",
        "its node reference URL is no plain http or https address",
    )


@pytest.mark.parametrize("host", ["edge..x", 70 * "a" + ".invalid", "xn--", "\u00fc.invalid"])
def test_a_name_that_no_host_can_have_is_unreachable(host: str) -> None:
    assert ask([f"http://{host}:1"])[0].state == "unreachable"


def test_a_path_in_the_url_of_a_node_is_kept() -> None:
    with Peer(peers.answer("405 No")) as server:
        ask([f"{server.url}/image/"])
    assert server.requests[0].startswith(f"GET /image/v2/cache/{IMAGE} ".encode())


def test_the_own_node_answers_without_http() -> None:
    own = fleets.own_node("cached")
    assert fleets.verify(fleets.fleet(), [fleets.OWN_URL], own)[0].state == "confirmed"


def test_a_node_that_the_sites_file_does_not_name_is_not_called(tmp_path: Path) -> None:
    with Peer(peers.tells("cached")) as named, Peer(peers.tells("cached")) as other:
        sites = tmp_path / "sites.yaml"
        sites.write_text(f'edge: {{nodes: ["{named.url}"]}}')
        found = ask([named.url, other.url], sites=sites)
    assert [answer.state for answer in found] == ["confirmed", "refused"]
    assert "sites_file" in (found[1].reason or "")
    assert other.requests == []


def test_an_unreadable_sites_file_lets_no_token_out(tmp_path: Path) -> None:
    with Peer(peers.tells("cached")) as server:
        assert ask([server.url], sites=tmp_path / "none.yaml")[0].state == "refused"
    assert server.requests == []


def test_an_access_rule_that_is_missing_is_named() -> None:
    calling = fleets.begin(fleets.fleet(), has_access_rules=True)
    with Peer(peers.answer("401 Unauthorized")) as server, calling as call:
        reason = verify(call, IMAGE, [server.url])[0].reason or ""
    assert "access rule for GET /v2/cache/{image_id}" in reason


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    answer = ask(["http://name.invalid:9292"])[0]
    assert answer.state == "unreachable"
    assert "the name name.invalid" in (answer.reason or "")


def test_a_name_that_resolves_slowly_holds_up_no_other_node() -> None:
    release = threading.Event()
    looked_up = []

    def look_up(host: str) -> list[object]:
        looked_up.append(host)
        release.wait()
        return []

    names = Names(look_up, limit=2)
    with Peer(peers.tells("cached")) as server:
        slow = [f"http://slow{number}.invalid:9292" for number in range(20)]
        found = ask([*slow, server.url], timeout=4.0, names=names)
        again = ask(slow, timeout=1.0, names=names)
    release.set()
    assert {answer.state for answer in found[:-1]} == {"unreachable"}
    assert "name" in (found[0].reason or "")
    assert found[-1].state == "confirmed"
    assert {answer.state for answer in again} == {"unreachable"}
    assert len(looked_up) == 2  # no thread more, however many calls
