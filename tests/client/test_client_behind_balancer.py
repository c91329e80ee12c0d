# SPDX-License-Identifier: Apache-2.0
"""The client behind a load balancer over real Glance with the filter, and without the call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from adapters import adapter_for
from keystoneauth1 import adapter

import balancer
import glance_site
import images
import openstack_command
from glance_cache_nodes.client import CallError, cached_nodes, image_id

AS_ADMIN = ["--os-auth-type", "admin_token", "--os-token", "admin", "--os-endpoint"]
NODES = ["http://node1:9292", "http://node2:9292"]
WITHOUT_THE_CALL = "The Glance node that answered cannot list nodes"
NO_IMAGE = "No image "


def without_the_call(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer as a real Glance that does not have the path; Glance 33 has it by itself."""
    path = environ["PATH_INFO"].replace("/v2/cache/nodes/", "/v2/cache/not-there/")
    return glance_site.native_application()({**environ, "PATH_INFO": path}, start_response)


@pytest.fixture(scope="module")
def servers() -> Iterator[list[str]]:
    """Run two nodes of one cloud, and give their URLs: with the filter, and without the call."""
    ours, other = glance_site.application(), without_the_call
    with balancer.serve(ours) as first, balancer.serve(other) as second:
        yield [first, second]


@pytest.fixture
def endpoint(servers: list[str]) -> Iterator[str]:
    with balancer.round_robin(servers) as url:
        yield url


def outcome(image: adapter.Adapter, image_id: str) -> str:
    """Return the nodes, or the begin of what is said instead."""
    try:
        return " ".join(map(str, cached_nodes(image, image_id)))
    except CallError as failure:
        begins = (WITHOUT_THE_CALL, NO_IMAGE)
        return next(begin for begin in begins if str(failure).startswith(begin))


def test_an_image_is_never_missing_where_a_node_has_not_the_call(endpoint: str) -> None:
    image_id = images.of_every_kind()["private"]
    with adapter_for(endpoint) as image:
        outcomes = [outcome(image, image_id) for _ in range(8)]
    assert outcomes == [" ".join(NODES), WITHOUT_THE_CALL] * 4


def test_only_the_node_with_the_call_says_that_there_is_no_image(endpoint: str) -> None:
    with adapter_for(endpoint) as image:
        outcomes = [outcome(image, images.UNKNOWN) for _ in range(8)]
    assert outcomes == [NO_IMAGE, WITHOUT_THE_CALL] * 4


@pytest.mark.parametrize("turn", [0, 1])
def test_any_node_finds_the_image_by_its_name(servers: list[str], turn: int) -> None:
    made = images.create({"visibility": "private", "name": f"behind:balancer-{turn}"})
    with balancer.round_robin(servers[turn:] + servers[:turn]) as url, adapter_for(url) as image:
        assert [image_id(image, f"behind:balancer-{turn}") for _ in range(3)] == [made] * 3
        with pytest.raises(CallError, match=r"^No image nobody, "):
            image_id(image, "nobody")


@pytest.mark.parametrize("turn", [0, 1])
def test_the_command(servers: list[str], tmp_path: Path, turn: int) -> None:
    image = images.of_every_kind()["private"]
    with balancer.round_robin(servers[turn:] + servers[:turn]) as url:
        words = [*AS_ADMIN, url, "cache", "nodes", "list", image, "-f", "value"]
        done = openstack_command.run(words, tmp_path, {"HOME": str(tmp_path)})
    # The first request is for the image, the second for its nodes.
    if turn == 1:
        assert (done.returncode, done.stdout.split(), done.stderr) == (0, NODES, "")
    else:
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(WITHOUT_THE_CALL)
        assert len(done.stderr.splitlines()) == 1
