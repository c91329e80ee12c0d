# SPDX-License-Identifier: Apache-2.0
"""HTTP servers on loopback: a WSGI application, and a proxy that asks its servers in turn."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any
from wsgiref import simple_server

NOT_FORWARDED = {"connection", "date", "server", "transfer-encoding", "content-length"}


@contextlib.contextmanager
def serve(application: Any) -> Iterator[str]:
    """Run a WSGI application on a free port; give its URL."""
    server = simple_server.make_server("127.0.0.1", 0, application, handler_class=_SilentWsgi)
    with running(server) as url:
        yield url


@contextlib.contextmanager
def running(server: HTTPServer) -> Iterator[str]:
    """Run a server that is bound already for as long as the block lasts; give its URL."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def round_robin(urls: Sequence[str]) -> Iterator[str]:
    """Run a load balancer: each request goes to the next server, whoever sends it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Forward)
    server.turns = itertools.cycle(urls)
    with running(server) as url:
        yield url


class _SilentWsgi(simple_server.WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Be silent."""


class _Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Clients keep their connection, and still change the server.

    def _answer(self) -> None:
        target = urllib.parse.urlsplit(next(self.server.turns))
        connection = http.client.HTTPConnection(target.netloc, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        self.send_response(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_FORWARDED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Be silent."""
