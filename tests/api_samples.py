# SPDX-License-Identifier: Apache-2.0
"""The examples of the API reference: exchanges that were really sent to Glance with the filter.

``python tests/api_samples.py`` writes them anew into ``docs/api/samples``, two files each: the
request and the answer, as they go over the wire.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import webob
from gabbi.fixture import GabbiFixture

import contract_fixtures as fixtures
import glance_site
import images

DIRECTORY = Path(__file__).parent.parent / "docs/api/samples"
CALL = "/v2/cache/nodes/"
MAP = "/v2/cache/images"
CHECKED_AT = "2026-11-28T12:30:15Z"
JSON = {"Accept": "application/json"}
# What stands for the only part of an answer that is another one each time.
REQUEST_ID = "req-00000000-0000-0000-0000-000000000000"
_REQUEST_IDS = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _only_ours(answer: str) -> str:
    """Leave one node of the contract in a list of nodes, with the numbers of a small cache."""
    head, _, body = answer.partition("\r\n\r\n")
    node = next(each for each in json.loads(body)["nodes"] if each["url"] == images.NODES[0])
    row = {**node, "images": 3, "bytes": 126, "last_accessed": "2026-11-28T12:30:15Z"}
    body = json.dumps({"nodes": [row]})
    return re.sub(r"(Content-Length: )\d+", rf"\g<1>{len(body)}", f"{head}\r\n\r\n{body}")


def _checked(answer: str) -> str:
    """Put the time and the resolver's words of the description in the place of this machine's."""
    answer = re.sub(r'("checked_at": )"[^"]+"', rf'\1"{CHECKED_AT}"', answer)
    answer = re.sub(r"(does not resolve: )[^\"]+", r"\1Name or service not known", answer)
    _, _, body = answer.partition("\r\n\r\n")
    return re.sub(r"(Content-Length: )\d+", rf"\g<1>{len(body)}", answer)


@dataclass(frozen=True)
class Sample:
    """An exchange.

    Attributes:
        path: the path, with its query.
        method: the HTTP method.
        token: the token, which is the name of a persona; none when it is None.
        headers: more headers of the request.
        site: what is to be the matter with Glance meanwhile.
        body: the body, in JSON; None for none.
        tidy: takes out of the answer's text what other tests have left in the tables.
    """

    path: str = CALL + fixtures.CACHED
    method: str = "GET"
    token: str | None = "admin"
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    site: type[GabbiFixture] = fixtures.Images
    body: object = None
    tidy: Callable[[str], str] = str

    def request(self) -> webob.Request:
        """Return the request, ready to be sent."""
        token = {"X-Auth-Token": self.token} if self.token else {}
        request = webob.Request.blank(self.path, base_url=images.NODES[0], method=self.method)
        request.headers.update(token | self.headers)
        request.http_version = "HTTP/1.1"
        if self.body is not None:
            request.json_body, request.content_type = self.body, "application/json"
        return request


SAMPLES = {
    "nodes": Sample(),
    "nodes-none": Sample(CALL + fixtures.NOT_CACHED),
    "nodes-bare-list": Sample(headers={"User-Agent": "python-glanceclient"}),
    "nodes-near": Sample(CALL + fixtures.CACHED + "?near=edge2", site=fixtures.Sites),
    "detail": Sample(f"{CALL}{fixtures.CACHED}/detail?near=edge2", site=fixtures.Sites),
    "detail-leftover": Sample(f"{CALL}{fixtures.PURGED}/detail"),
    "nodes-verify": Sample(f"{CALL}{fixtures.ON_DISK}?verify=true", tidy=_checked),
    "detail-verify": Sample(
        f"{CALL}{fixtures.ON_DISK}/detail?verify=true"
        f"&node={images.NODES[0]}&node={images.NODES[1]}",
        tidy=_checked,
    ),
    "place": Sample(CALL + fixtures.ON_DISK, "PUT", body={"nodes": [images.NODES[0]]}),
    "place-sites": Sample(
        CALL + fixtures.ON_DISK,
        "PUT",
        body={"sites": ["edge1"], "per_site": 1},
        site=fixtures.Sites,
    ),
    "evict": Sample(f"{CALL}{fixtures.NOT_CACHED}?node={images.NODES[0]}", "DELETE"),
    "all-nodes": Sample("/v2/cache/nodes", site=fixtures.Sites, tidy=_only_ours),
    "images": Sample(f"{MAP}?image_id=in:{fixtures.CACHED},{fixtures.NOT_CACHED}&limit=1"),
    "images-leftover": Sample(f"{MAP}?leftover=true&image_id={fixtures.PURGED}"),
    "local-cached": Sample("/v2/cache/" + fixtures.ON_DISK),
    "local-damaged": Sample("/v2/cache/" + fixtures.CACHED),
    "400": Sample(CALL + fixtures.CACHED + "?verified=perhaps"),
    "400-choice": Sample(CALL + fixtures.CACHED, "PUT", body={"all": True, "count": 2}),
    "400-site": Sample("/v2/cache/nodes?near=edge3", site=fixtures.Sites),
    "401": Sample(token=None),
    "403": Sample(token="member"),
    "404": Sample(CALL + images.UNKNOWN),
    "404-html": Sample(CALL + images.UNKNOWN, headers={"Accept": "text/html"}),
    "404-text": Sample(CALL + images.UNKNOWN, headers={"Accept": "text/plain"}),
    "404-no-uuid": Sample(CALL + "my-image"),
    "405": Sample(method="PATCH"),
    "409-caching-off": Sample(site=fixtures.CachingOff),
    "409-not-active": Sample(CALL + fixtures.DEACTIVATED, "PUT", body={"all": True}),
    "409-local-driver": Sample(site=fixtures.LocalDriver),
    "431": Sample(headers=JSON | {"X-Openstack-Request-Id": "req-" + 61 * "a"}),
    "503": Sample(site=fixtures.NoNodeTable),
}


def files(name: str) -> dict[Path, str]:
    """Send a sample's request; return what its two files must hold."""
    sample = SAMPLES[name]
    request = sample.request()
    sent = request.as_text()  # Glance's filters write into the request
    with _site(sample.site):
        response = request.get_response(glance_site.call)
    return {
        DIRECTORY / f"{name}-request.http": _text(sent),
        DIRECTORY / f"{name}-response.http": _text(sample.tidy(f"HTTP/1.1 {response}")),
    }


@contextmanager
def _site(kind: type[GabbiFixture]) -> Iterator[None]:
    fixtures.Images().start_fixture()
    fixture = kind()
    fixture.start_fixture()
    try:
        yield
    finally:
        fixture.stop_fixture()


def _text(message: str) -> str:
    return _REQUEST_IDS.sub(REQUEST_ID, message.replace("\r\n", "\n")).rstrip("\n") + "\n"


def main() -> None:
    """Write all samples anew."""
    for path in DIRECTORY.glob("*.http"):
        path.unlink()
    for name in SAMPLES:
        for path, text in files(name).items():
            path.write_text(text)


if __name__ == "__main__":
    main()
