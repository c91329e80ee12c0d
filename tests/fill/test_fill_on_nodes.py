# SPDX-License-Identifier: Apache-2.0
"""Two sites of real nodes with a slow backend: who reads it, and what the callers get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import file_opens
import glance_nodes
import waiting
from glance_nodes import Nodes

pytestmark = pytest.mark.slow

SIZE = 6 * 1024 * 1024 + 7
RATE = 12e6  # bytes a second


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    root = tmp_path_factory.mktemp("nodes")
    with glance_nodes.running(root, [2, 1], rate=RATE) as running:
        yield running


def settled(nodes: Nodes) -> bool:
    return all(node.is_idle() for node in nodes.all)


def test_one_read_of_the_backend_however_many_ask_wherever(nodes: Nodes) -> None:
    data = glance_nodes.content(SIZE)
    site = nodes.sites[0]
    image_id = glance_nodes.upload(site[0], data)
    with file_opens.counted(nodes.store) as opens, ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda n: site[n % 2].download(image_id), range(8)))
        assert [answer.status for answer in answers] == [200] * 8
        assert all(answer.body == data for answer in answers)
        assert waiting.until(lambda: settled(nodes))
        assert opens.of(image_id) == 1
        # The other site has none that holds it, but this one is near.
        assert nodes.sites[1][0].download(image_id).body == data
        assert opens.of(image_id) == 1
    assert waiting.until(lambda: settled(nodes))
    assert nodes.rows(image_id) == sorted(node.url for node in nodes.all)


def test_a_cold_download_has_glances_headers_and_a_length(nodes: Nodes) -> None:
    node = nodes.sites[0][0]
    image_id = glance_nodes.upload(node, glance_nodes.content(1000, 2))
    cold = node.download(image_id)
    assert waiting.until(lambda: settled(nodes))
    warm = node.download(image_id)
    varying = ("x-openstack-request-id", "date")
    first, second = (
        {key.lower(): value for key, value in answer.headers.items() if key.lower() not in varying}
        for answer in (cold, warm)
    )
    assert first == second
    assert cold.headers["Content-Length"] == "1000"


def test_the_log_lines_of_a_fill_have_the_request_id_of_the_caller(nodes: Nodes) -> None:
    node = nodes.sites[0][0]
    for method, path in (("GET", "/v2/images/{}/file"), ("PUT", "/v2/cache/{}")):
        image_id = glance_nodes.upload(node, glance_nodes.content(1000, 5))
        request_id = f"req-{method}-{image_id}"[:64]
        node.call(method, path.format(image_id), **{"X-Openstack-Request-Id": request_id})
        filled = f"Image {image_id} was filled in from"
        assert waiting.until(lambda: filled in node.log())  # noqa: B023
        assert request_id in next(line for line in node.log().splitlines() if filled in line)


def test_a_put_fills_as_a_download_does(nodes: Nodes) -> None:
    node = nodes.sites[0][0]
    data = glance_nodes.content(SIZE, 3)
    image_id = glance_nodes.upload(node, data)
    with file_opens.counted(nodes.store) as opens:
        answers = [each.call("PUT", f"/v2/cache/{image_id}") for each in nodes.sites[0]]
        assert [answer.status for answer in answers] == [202, 202]
        assert waiting.until(lambda: all(each.has(image_id) for each in nodes.sites[0]))
        assert waiting.until(lambda: settled(nodes))
        assert opens.of(image_id) == 1
    assert [(each.cache / image_id).read_bytes() == data for each in nodes.sites[0]] == [True] * 2
    queued = json.loads(node.call("GET", "/v2/cache").body)["queued_images"]
    assert image_id not in queued


def test_a_client_that_leaves_does_not_end_the_fill(nodes: Nodes) -> None:
    node = nodes.sites[1][0]
    image_id = glance_nodes.upload(node, glance_nodes.content(SIZE, 4))
    glance_nodes.leave_after(node, image_id, 1000)
    assert waiting.until(lambda: node.has(image_id))
    assert waiting.until(lambda: settled(nodes))
    assert nodes.rows(image_id) == [node.url]


def test_ranges_and_queries_are_left_to_glance(nodes: Nodes) -> None:
    node = nodes.sites[1][0]
    data = glance_nodes.content(5000, 5)
    image_id = glance_nodes.upload(node, data)
    part = node.download(image_id, Range="bytes=100-199")
    assert (part.status, part.body) == (206, data[100:200])
    assert not node.has(image_id)
