# SPDX-License-Identifier: Apache-2.0
"""Saving an image from real Glance, before which nodes have failed in their ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import image_servers
import pytest
from adapters import adapter_for
from image_servers import DATA, OTHER

import balancer
import glance_site
import images
from glance_cache_nodes import client

HALF = len(DATA) // 2


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with balancer.serve(glance_site.application()) as url:
        yield url


@pytest.fixture
def image_id(endpoint: str) -> str:
    """Upload an image as a client does."""
    with adapter_for(endpoint) as image:
        described = {"disk_format": "raw", "container_format": "bare"}
        made = image.post("/v2/images", json=described).json()["id"]
        headers = {"Content-Type": "application/octet-stream"}
        image.put(f"/v2/images/{made}/file", data=DATA, headers=headers)
    return made


@pytest.fixture
def node(image_id: str) -> Iterator[image_servers.ImageServer]:
    """Run a node that the record has for the image."""
    path = image_servers.file_path(image_id)
    with image_servers.serve(path=path) as running:
        images.record(image_id, running.url)
        yield running


def test_from_the_node_and_never_from_glance(endpoint, image_id, node, tmp_path: Path) -> None:
    with adapter_for(endpoint) as image:
        saved = client.save(image, image_id, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert (saved.sources, saved.algorithm) == ((node.url,), "sha512")


def test_glance_goes_on_where_the_node_broke_off(endpoint, image_id, node, tmp_path: Path) -> None:
    node.stops_at = HALF
    with adapter_for(endpoint) as image:
        saved = client.save(image, image_id, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert saved.sources == (node.url, f"{endpoint}{image_servers.file_path(image_id)}")


@pytest.mark.parametrize(
    "fault", [{"data": OTHER}, {"data": OTHER, "stops_at": HALF}, {"status": 500}]
)
def test_glance_sends_all_where_the_node_is_wrong(
    endpoint, image_id, node, tmp_path: Path, fault
) -> None:
    for name, value in fault.items():
        setattr(node, name, value)
    with adapter_for(endpoint) as image:
        saved = client.save(image, image_id, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert saved.sources == (f"{endpoint}{image_servers.file_path(image_id)}",)


def test_who_may_not_list_nodes_gets_it_from_glance(endpoint, image_id, node, tmp_path) -> None:
    told: list[str] = []
    with adapter_for(endpoint, "member") as image:
        client.save(image, image_id, tmp_path / "f", notice=told.append)
    assert (tmp_path / "f").read_bytes() == DATA
    assert node.asked == []
    assert "rule list_cached_nodes refuses you" in told[0]


def test_an_image_that_the_caller_may_not_see(endpoint, image_id, tmp_path: Path) -> None:
    with adapter_for(endpoint, "other") as image, pytest.raises(client.CallError) as raised:
        client.save(image, image_id, tmp_path / "f")
    assert str(raised.value).startswith("No image ")
    assert list(tmp_path.iterdir()) == []
