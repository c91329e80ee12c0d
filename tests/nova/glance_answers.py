# SPDX-License-Identifier: Apache-2.0
"""A Glance of canned answers on a real socket, which can also hang, trickle and hang up."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from keystoneauth1 import adapter, session, token_endpoint

import balancer

IMAGE_ID = "11111111-2222-4333-8444-555555555555"
NODES = f"/v2/cache/nodes/{IMAGE_ID}"
DETAIL = f"{NODES}/detail"
NO_ROUTE = (404, '{"message": "The resource could not be found.<br />", "code": "404 Not Found"}')


def detail(**sites: str) -> str:
    """Return the body for nodes http://NAME:9292, each in the site that is its value."""
    rows = [
        {"node": f"http://{name}:9292", "site": site, "on_record": True, "state": "unverified"}
        for name, site in sites.items()
    ]
    return json.dumps({"image_id": IMAGE_ID, "complete": False, "nodes": rows})


@dataclass
class Glance:
    """What is answered, by path; where it is ``None`` the server is silent until it ends."""

    url: str
    answers: dict[str, tuple[int, str] | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    ending: threading.Event = field(default_factory=threading.Event)
    trickle: bool = False


@contextlib.contextmanager
def serve() -> Iterator[Glance]:
    """Run the server on a free port of the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    with balancer.running(server) as url:
        server.glance = Glance(url)
        try:
            yield server.glance
        finally:
            server.glance.ending.set()


def adapter_for(url: str, timeout: float = 30.0) -> adapter.Adapter:
    """Return an adapter that has a token already."""
    auth = token_endpoint.Token(url, "a-token")
    return adapter.Adapter(session.Session(auth=auth, timeout=timeout), service_type="image")


def nobody_listens() -> str:
    """Return the URL of a port that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        glance = self.server.glance
        glance.asked.append(self.path)
        glance.tokens.add(self.headers.get("X-Auth-Token"))
        answer = glance.answers.get(self.path, NO_ROUTE)
        if answer is None:
            glance.ending.wait()
            return
        status, body = answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client has gone
            for byte in body.encode() if glance.trickle else ():
                self.wfile.write(bytes([byte]))
                if glance.ending.wait(0.05):
                    return
            self.wfile.write(b"" if glance.trickle else body.encode())

    def log_message(self, *_: object) -> None:
        """Be silent."""
