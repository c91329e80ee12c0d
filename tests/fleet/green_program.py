# SPDX-License-Identifier: Apache-2.0
"""Ask nodes from many green threads, as Glance's eventlet server does.

Ends with 0 when bad nodes and a name that resolves slowly held up neither the calls nor the rest
of the process.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402

import fleets  # noqa: E402
import peer_servers as peers  # noqa: E402
from eventlet import patcher  # noqa: E402

from glance_cache_nodes.net.names import Names  # noqa: E402

CALLS = 20
HTTP = b"HTTP/1.1 200 OK\r\n"
release = patcher.original("threading").Event()


def look_up(_host: str) -> list[object]:
    """Block this thread of the operating system, as a resolver does that gets no answer."""
    release.wait()
    return []


def states(behaviours: list[peers.Behaviour]) -> set[tuple[str, ...]]:
    """Return what all calls found, each of them all at once with the others."""
    servers = [peers.Peer(each) for each in behaviours]
    for server in servers:
        server.__enter__()
    fleet = fleets.fleet(timeout=3.0, names=Names(look_up), fleet_calls=CALLS)
    nodes = [*(server.url for server in servers), peers.closed_port(), "http://slow.invalid"]

    def call(_: int) -> tuple[str, ...]:
        answers = fleets.verify(fleet, nodes)
        return tuple(answer.state for answer in answers)

    return set(eventlet.GreenPool(CALLS).imap(call, range(CALLS)))  # the servers end with us


def main() -> int:
    """Return the exit status."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            eventlet.sleep(0.01)
            ticks += 1

    ticker = eventlet.spawn(tick)
    found = states([peers.tells("cached"), peers.hangs, peers.trickles(HTTP), peers.floods(HTTP)])
    ticker.kill()
    release.set()
    print(found, ticks)  # noqa: T201 - for whoever looks into a failure
    expected = ("confirmed", "unverified", "unverified", "unreachable", "unreachable")
    return 0 if found == {(*expected, "unreachable")} and ticks > CALLS else 1


if __name__ == "__main__":
    sys.exit(main())
