# SPDX-License-Identifier: Apache-2.0
"""A real HTTP server that gives answers as real Glance gave them, word for word.

The answers were taken from Glance 28, 32 and 33 and from this package's filter, each asked
with ``Accept: application/json``.
"""

from __future__ import annotations

import contextlib
import json
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import balancer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

IMAGE_ID = "11111111-2222-4333-8444-555555555555"
NODES_PATH = f"/v2/cache/nodes/{IMAGE_ID}"
URLS = ["http://node_2:60999", "http://node_1:60999"]
TOKEN = "a-token-that-nobody-may-see"


@dataclass(frozen=True)
class Answer:
    """What the server says to one request."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What the server was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""

    @property
    def query(self) -> dict[str, list[str]]:
        """What stands behind the question mark."""
        return urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)


def fault(status: int, message: str, **headers: str) -> Answer:
    """Return an error in webob's JSON form, which ends its message like this."""
    body = {"message": f"{message}<br /><br />\n\n\n", "code": str(status), "title": "-"}
    return Answer(
        status,
        json.dumps(body),
        {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )


OBJECT = Answer(200, json.dumps({"cached_nodes": sorted(URLS)}))
BARE_LIST = Answer(200, json.dumps(URLS))
UNAUTHORIZED = fault(
    401,
    "This server could not verify that you are authorized to access the document you requested. "
    "Either you supplied the wrong credentials (e.g., bad password), or your browser does not "
    "understand how to supply the credentials required.",
    WWW_Authenticate='Keystone uri="http://127.0.0.1:5000/v3"',
)
FORBIDDEN = fault(403, "You are not authorized to complete list_cached_nodes action.")
NO_ROUTE = fault(404, "The resource could not be found.")
NO_IMAGE = fault(404, f"Image {IMAGE_ID} not found.")
CACHING_OFF = fault(404, "Caching via API is not supported at this site.")
NOT_CENTRAL = fault(409, "Centralized caching is not enabled")
DATABASE_DOWN = fault(
    503, "Glance's database does not answer. The request can be repeated.", Retry_After="5"
)
OURS_NO_IMAGE = fault(404, f"No image {IMAGE_ID}, or you may not see it.")
# No Glance: a proxy's own page, and a proxy that puts it in the place of each 404 behind it.
PROXYS_404 = Answer(
    404,
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
    "<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>",
    {"Content-Type": "text/html"},
)
VERSIONS = Answer(300, json.dumps({"versions": [{"id": "v2.18", "status": "CURRENT"}]}))
SERVER_ERROR = Answer(
    500,
    "<html>\n <head>\n  <title>500 Internal Server Error</title>\n </head>\n <body>\n"
    "  <h1>500 Internal Server Error</h1>\n  The server has either erred or is incapable of "
    "performing the requested operation.<br /><br />\n\n\n\n </body>\n</html>",
    {"Content-Type": "text/html; charset=UTF-8", "x-openstack-request-id": "req-1"},
)


def body(value: object, status: int = 200) -> Answer:
    """Return a JSON answer."""
    return Answer(status, json.dumps(value), {"Content-Type": "application/json"})


def detail(*rows: tuple[str, str], **fields: object) -> Answer:
    """Return the detail of an image: a node and its state each."""
    nodes = [
        {
            "node": node,
            "site": "edge",
            "on_record": True,
            "state": state,
            "size": None,
            "hits": None,
            "last_accessed": None,
            "last_modified": None,
            "reason": None,
            **fields,
        }
        for node, state in rows
    ]
    complete = all(state in ("confirmed", "absent") for _, state in rows)
    head = {"image_id": IMAGE_ID, "checked_at": "2026-11-28T12:00:00Z", "complete": complete}
    return body({**head, "nodes": nodes})


def results(*rows: tuple[str, str], reason: str | None = None) -> Answer:
    """Return what nodes did: a node and its result each."""
    each = [{"node": node, "result": result, "reason": reason} for node, result in rows]
    return body({"image_id": IMAGE_ID, "results": each}, 202)


@dataclass
class CannedGlance:
    """What the server answers, by method and path; all else is answered as a lacking route is."""

    url: str
    answers: dict[tuple[str, str], Answer | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def say(self, answer: Answer) -> None:
        """Set what is answered for the nodes of the image, which there is."""
        self.answers["GET", NODES_PATH] = answer
        image = {"id": IMAGE_ID, "name": "cirros", "status": "active"}
        self.answers["GET", f"/v2/images/{IMAGE_ID}"] = Answer(200, json.dumps(image))

    def name(self, *names: str) -> None:
        """Set the images that there are; the first has IMAGE_ID."""
        ids = [IMAGE_ID, *(f"id{number}" for number in range(1, len(names)))]
        images = [{"id": each, "name": name, "status": "active"} for each, name in zip(ids, names)]
        self.answers["GET", "/v2/images"] = Answer(200, json.dumps({"images": images}))


@contextlib.contextmanager
def serve() -> Iterator[CannedGlance]:
    """Run the server on a free port of the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    with balancer.running(server) as url:
        server.glance = CannedGlance(url)
        yield server.glance


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        glance = self.server.glance
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = Asked(self.command, self.path, dict(self.headers), body)
        glance.asked.append(asked)
        answer = glance.answers.get((self.command, self.path.partition("?")[0]), NO_ROUTE)
        if not isinstance(answer, Answer):
            answer = answer(asked)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        content = answer.body.encode()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Be silent."""
