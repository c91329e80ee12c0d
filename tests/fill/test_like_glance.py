# SPDX-License-Identifier: Apache-2.0
"""Who gets what from a node with the filter is what Glance answers without it; and redirects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import glance_nodes
import waiting
from glance_nodes import Answer, Node, Nodes

pytestmark = pytest.mark.slow

DATA = glance_nodes.content(3000)
TOKENS = ("other", "reader", "service", "unscoped", "expired", "nonsense", "member", "admin")
# Whatever differs between two answers of one Glance, and the one meant difference.
NOT_COMPARED = ("x-openstack-request-id", "date", "content-length", "transfer-encoding")
POLICY = '{"download_image": "role:member and not role:service", "cache_image": "role:member"}'


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A node with the filter, and one without it in another site."""
    root = tmp_path_factory.mktemp("like-glance")
    with glance_nodes.running(root, [1, 1], fill=[0], policy=POLICY) as running:
        yield running


@pytest.fixture(scope="module")
def images(nodes: Nodes) -> dict[str, str]:
    node = nodes.all[1]
    found = {
        kind: glance_nodes.upload(node, DATA, visibility=kind)
        for kind in ("public", "private", "shared", "community")
    }
    found["deactivated"] = glance_nodes.upload(node, DATA)
    node.call("POST", f"/v2/images/{found['deactivated']}/actions/deactivate")
    made = node.call("POST", "/v2/images", b'{"name": "no data"}')
    found["queued"] = json.loads(made.body)["id"]
    found["deleted"] = glance_nodes.upload(node, DATA)
    node.call("DELETE", f"/v2/images/{found['deleted']}")
    found["unknown"] = "00000000-0000-4000-8000-000000000000"
    found["no id"] = "no-id"
    found["upper case"] = found["public"].upper()
    return found


def compared(answer: Answer, node: Node) -> tuple[object, ...]:
    headers = sorted(
        (name.lower(), value.replace(node.url, "NODE"))
        for name, value in answer.headers.items()
        if name.lower() not in NOT_COMPARED
    )
    return answer.status, answer.body, headers


def evict(nodes: Nodes, image_id: str) -> None:
    for node in nodes.all:
        assert waiting.until(node.is_idle)
        node.call("DELETE", f"/v2/cache/{image_id}")
        (node.cache / "queue" / image_id).unlink(missing_ok=True)


@pytest.mark.parametrize("token", TOKENS)
def test_everybody_gets_what_glance_gives_them(
    nodes: Nodes, images: dict[str, str], token: str
) -> None:
    assert "fills this node's cache" in nodes.all[0].log()
    assert "fills this node's cache" not in nodes.all[1].log()
    differing = {}
    for kind, image_id in images.items():
        for method, path in (
            ("GET", f"/v2/images/{image_id}/file"),
            ("PUT", f"/v2/cache/{image_id}"),
        ):
            ours, native = (
                compared(node.call(method, path, X_Auth_Token=token), node) for node in nodes.all
            )
            if ours != native:
                differing[method, kind] = (ours, native)
            if native[0] in (200, 202):
                assert waiting.until(lambda i=image_id: all(node.has(i) for node in nodes.all))
                evict(nodes, image_id)
    assert differing == {}


def test_a_node_that_may_not_fill_sends_the_client_to_one_that_holds_the_image(
    tmp_path: Path,
) -> None:
    options = "redirect_downloads = true\nfill_concurrency = 0\n[oslo_middleware]\n"
    options += "enable_proxy_headers_parsing = true"
    with glance_nodes.running(tmp_path, [2], options=options) as nodes:
        first, second = nodes.all
        image_id = glance_nodes.upload(first, DATA, visibility="private")
        path = f"/v2/images/{image_id}/file"
        nodes.record("http://stranger:9292", image_id, len(DATA))
        # Only strangers hold it: Glance answers, and caches it.
        assert second.download(image_id).body == DATA
        assert waiting.until(lambda: second.url in nodes.rows(image_id))
        assert first.download(image_id, X_Auth_Token="other").status == 404
        # Whoever came by https is not sent to http, and a range stays here.
        assert first.download(image_id, Range="bytes=0-9").body == DATA[:10]
        answer = first.download(image_id)
        target = f"{second.url}{path}?cache_nodes_redirected=true"
        assert (answer.status, answer.headers["Location"]) == (307, target)
        assert not first.has(image_id)
        assert second.call("GET", target.removeprefix(second.url)).body == DATA
        # A record that is wrong sends nobody in a circle.
        (second.cache / image_id).unlink()
        assert second.call("GET", target.removeprefix(second.url)).body == DATA
        (second.cache / image_id).unlink(missing_ok=True)
        nodes.record(first.url, image_id, len(DATA))
        assert second.download(image_id).headers["Location"].startswith(first.url)
        assert first.call("GET", f"{path}?cache_nodes_redirected=true").body == DATA
        by_https = second.download(image_id, X_Forwarded_Proto="https")
        assert (by_https.status, by_https.body) == (200, DATA)
