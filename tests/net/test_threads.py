# SPDX-License-Identifier: Apache-2.0
"""A thread that cannot be started costs one request, and nothing after it."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

import fleets
import peer_servers as peers
import pytest
from peer_servers import Peer

from glance_cache_nodes.exception import NodeError, NoThreadError
from glance_cache_nodes.net import deadline, threads
from glance_cache_nodes.net.deadline import Deadline, Watchdog
from glance_cache_nodes.net.names import Names

ADDRESS = [(2, ("127.0.0.1", 0))]


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let the system give no more threads; undo it to have them again."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    return monkeypatch


def test_names_resolve_again_after_threads_were_short(no_threads: pytest.MonkeyPatch) -> None:
    names = Names(lambda _: ADDRESS, limit=4)
    for number in range(8):
        with pytest.raises(NodeError, match="can't start new thread"):
            names.addresses(f"host{number}.invalid", Deadline(60.0).until)
    no_threads.undo()
    assert [names.addresses(f"host{n}.invalid", Deadline(60.0).until) for n in range(8)] == (
        [ADDRESS] * 8
    )


def test_a_look_up_that_fails_in_an_unforeseen_way_ends_no_thread() -> None:
    def look_up(host: str) -> list[object]:
        if host == "bad.invalid":
            raise ZeroDivisionError("unforeseen")
        return ADDRESS

    names = Names(look_up, limit=1)
    with pytest.raises(NodeError, match="unforeseen"):
        names.addresses("bad.invalid", Deadline(60.0).until)
    assert names.addresses("good.invalid", Deadline(60.0).until) == ADDRESS


def test_the_watchdog_starts_at_the_next_request(
    no_threads: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "_watchdog", Watchdog())
    http = fleets.fleet().http
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NodeError, match="can't start new thread"):
            http.request("GET", url, "/", {}, Deadline(60.0))
    no_threads.undo()
    with Peer(peers.hangs) as peer, pytest.raises(NodeError, match="no answer within"):
        http.request("GET", peer.url, "/", {}, Deadline(0.3))


def test_a_limit_of_threads_counts_those_that_hang() -> None:
    go_on = threading.Event()
    limited = threads.Limited("cache-nodes-test", 2)
    for _ in range(2):
        limited.start(go_on.wait)
    with pytest.raises(NoThreadError, match="in use"):
        limited.start(go_on.wait)
    go_on.set()
