# SPDX-License-Identifier: Apache-2.0
"""Nodes with one thread each, which ask each other at the same time: nobody waits for ever."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import fleets
from peer_servers import IMAGE

from glance_cache_nodes.fleet.call import OwnNode
from glance_cache_nodes.fleet.outcome import CONFIRMED, Answer

URLS: list[str] = []


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def node() -> WSGIServer:
    """Return a server of one thread, that asks all nodes at ``/ask``."""
    fleet = fleets.fleet(timeout=2.0)

    def application(environ: dict, start_response: object) -> list[bytes]:
        url = f"http://127.0.0.1:{server.server_port}"
        body: object = {"node": url, "image_id": IMAGE, "state": "cached"}
        if environ["PATH_INFO"] == "/ask":
            own = OwnNode(url, lambda: Answer(url, CONFIRMED), None)
            answers = fleets.verify(fleet, URLS, own)
            body = {answer.node: answer.state for answer in answers}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    return server


def ask(url: str) -> dict[str, str]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", "/ask")
    states = json.loads(connection.getresponse().read())
    connection.close()
    return states


def test_two_nodes_of_one_thread_that_are_asked_at_once() -> None:
    servers = [node(), node()]
    URLS[:] = [f"http://127.0.0.1:{server.server_port}" for server in servers]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(ask, URLS))
    for server in servers:
        server.shutdown()
        server.server_close()
    for url, states in zip(URLS, found):
        assert states[url] == "confirmed"
        assert set(states.values()) <= {"confirmed", "unverified"}
