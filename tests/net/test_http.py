# SPDX-License-Identifier: Apache-2.0
"""The one way out to other nodes: one deadline for all of it, bounds, encodings and TLS files."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import sys
import threading
import zlib
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

import certificates
import fleets
import peer_servers as peers
import pytest
from peer_servers import Peer

from glance_cache_nodes.exception import CONNECTION, TIMEOUT, TLS, NodeError
from glance_cache_nodes.net.deadline import Deadline
from glance_cache_nodes.net.http import LIMIT, Http, Response
from glance_cache_nodes.net.names import Names

TEXT = b'{"state": "cached"}'


def http(names: Names | None = None, **options: object) -> Http:
    """Return what sends requests, with these options of ``[cache_nodes]``."""
    return fleets.fleet(names=names, **options).http


def ask(url: str, seconds: float = 60.0, of: Http | None = None) -> Response:
    return (of or http()).request(
        "GET", url, "/v2/cache/x", {"X-Auth-Token": "t"}, Deadline(seconds)
    )


def error(url: str, seconds: float = 60.0, of: Http | None = None) -> NodeError:
    with pytest.raises(NodeError) as raised:
        ask(url, seconds, of)
    return raised.value


def encoded(content: bytes, encoding: str) -> peers.Behaviour:
    return peers.answer("200 OK", content, f"Content-Encoding: {encoding}")


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("DEFLATE", zlib.compress)],
)
def test_a_body_that_a_proxy_has_compressed_is_read(encoding: str, encode: object) -> None:
    with Peer(encoded(encode(TEXT), encoding)) as peer:
        assert ask(peer.url) == Response(200, TEXT)
    assert b"Accept-Encoding: identity" in peer.requests[0]


def test_a_compressed_body_in_chunks_is_read() -> None:
    content = gzip.compress(os.urandom(5000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (content[:9], content[9:]))
    with Peer(peers.raw(head + chunks + b"0\r\n\r\n")) as peer:
        assert ask(peer.url).body == gzip.decompress(content)


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        (gzip.compress(bytes(50 * LIMIT)), "gzip", f"longer than {LIMIT} bytes"),
        (gzip.compress(TEXT)[:-9], "gzip", "in the middle of its answer"),
        (TEXT, "gzip", "not encoded as it says"),
        (TEXT, "br", "the encoding 'br'"),
        (bytes(LIMIT + 1), "identity", f"longer than {LIMIT} bytes"),
    ],
    ids=["bomb", "cut", "text", "unknown", "long"],
)
def test_a_body_that_cannot_be_used_is_told(content: bytes, encoding: str, words: str) -> None:
    with Peer(encoded(content, encoding)) as peer:
        found = error(peer.url)
    assert (found.code, words in str(found)) == (CONNECTION, True), found


def test_an_answer_without_a_body_has_no_encoding() -> None:
    with Peer(peers.raw(b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n")) as peer:
        assert ask(peer.url) == Response(204, b"")


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["status", "reason", "header", "body"],
)
def test_one_deadline_holds_against_a_trickle(start: bytes) -> None:
    with Peer(peers.trickles(start)) as peer:
        assert error(peer.url, 0.5).code == TIMEOUT


@pytest.mark.parametrize("start", [b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX: "])
def test_status_line_and_headers_are_bounded(start: bytes) -> None:
    with Peer(peers.floods(start)) as peer:
        assert error(peer.url).code == CONNECTION


def test_continue_without_end_ends_at_the_deadline() -> None:
    def behave(peer: Peer, connection: socket.socket, _head: bytes) -> None:
        while not peer.ended.wait(0.01):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with Peer(behave) as peer:
        assert error(peer.url, 0.5).code == TIMEOUT


def test_a_handshake_that_comes_byte_by_byte_ends_at_the_deadline() -> None:
    hello = b"\x16\x03\x03\x40\x00" + bytes(16384)  # a record of TLS, as long as one may be

    def behave(peer: Peer, connection: socket.socket, _head: bytes) -> None:
        for byte in hello:
            if peer.ended.wait(0.02):
                return
            connection.sendall(bytes([byte]))

    with Peer(behave) as peer:
        assert error(peer.url.replace("http:", "https:"), 0.5).code == TIMEOUT


def test_a_name_that_no_server_resolves_ends_at_the_deadline() -> None:
    release = threading.Event()
    found = error("http://slow.invalid", 0.3, http(Names(lambda _: release.wait() and [])))
    release.set()
    assert (found.code, "slow.invalid" in str(found)) == (CONNECTION, True)


def test_no_proxy_of_the_environment_gets_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(peers.answer("200 OK", TEXT)) as peer, Peer(peers.answer("200 OK")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert ask(peer.url).body == TEXT
        assert proxy.requests == []


def test_what_goes_wrong_in_the_block_is_not_told_as_the_nodes_fault() -> None:
    with Peer(peers.answer("200 OK", TEXT)) as peer:
        answering = http().stream("GET", peer.url, "/", {}, Deadline(60.0))
        with pytest.raises(OSError, match="my disk"), answering:
            raise OSError("my disk")


def test_a_deadline_that_moves_holds_for_the_next_bytes() -> None:
    deadline = Deadline(60.0)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"

    def behave(peer: Peer, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(head)
        peer.ended.wait()

    with Peer(behave) as peer, http().stream("GET", peer.url, "/", {}, deadline) as answer:
        assert answer.read1(9) == b"abc"
        deadline.until = 0.0
        with pytest.raises(NodeError):
            answer.read1(9)


def test_certificates_that_are_renewed_on_the_disk_are_used(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old, _ = certificates.make(tmp_path / "old", "127.0.0.1")
    new, server = certificates.make(tmp_path / "new", "127.0.0.1")
    cafile = tmp_path / "ca.pem"
    shutil.copy(old, cafile)
    of = http(cafile=str(cafile))
    with Peer(peers.answer("200 OK", TEXT), server) as peer:
        assert error(peer.url, of=of).code == TLS
        replaced = tmp_path / "next.pem"
        shutil.copy(new, replaced)
        replaced.rename(cafile)
        assert ask(peer.url, of=of).status == 200


def test_a_certificate_that_does_not_match_its_key_yet_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, server = certificates.make(tmp_path, "127.0.0.1")
    client = tmp_path / "client.pem"
    shutil.copy(path, client)
    key = str(path.with_suffix(".key"))
    of = http(cafile=str(path), certfile=str(client), keyfile=key)
    with Peer(peers.answer("200 OK", TEXT), server) as peer:
        assert ask(peer.url, of=of).status == 200
        client.write_text("half written")
        assert [ask(peer.url, of=of).status for _ in range(2)] == [200, 200]
    assert caplog.text.count("the last ones that could be used apply") == 1
