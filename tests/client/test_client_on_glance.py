# SPDX-License-Identifier: Apache-2.0
"""The client against real Glance over HTTP: with the filter, and native Glance 33 without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from adapters import adapter_for

import balancer
import glance_site
import images
from glance_cache_nodes.client import CallError, cached_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["filter", "native"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    chosen = {"filter": glance_site.application, "native": glance_site.native_application}
    with balancer.serve(chosen[request.param]()) as url:
        yield url


def ask(endpoint: str, token: str, kind: str) -> list[str]:
    with adapter_for(endpoint, token) as image:
        return [node.url for node in cached_nodes(image, images.of_every_kind()[kind])]


def test_the_nodes_of_an_image(endpoint: str) -> None:
    assert ask(endpoint, "admin", "private") == ["http://node1:9292", "http://node2:9292"]


def test_an_image_that_no_node_holds(endpoint: str) -> None:
    assert ask(endpoint, "admin", "empty") == []


@pytest.mark.parametrize(
    ("token", "kind", "words"),
    [
        ("admin", "unknown", "^No image "),
        ("admin", "deleted", "^No image "),
        ("member", "public", "only the role admin may"),
        (glance_site.EXPIRED_TOKEN, "public", "does not accept the token"),
    ],
)
def test_refusals(endpoint: str, token: str, kind: str, words: str) -> None:
    with pytest.raises(CallError, match=words):
        ask(endpoint, token, kind)


@pytest.mark.parametrize(
    ("option", "value"), [("image_cache_dir", None), ("image_cache_driver", "sqlite")]
)
def test_a_cloud_without_a_record(endpoint: str, option: str, value: str | None) -> None:
    glance_site.CONF.set_override(option, value)
    try:
        with pytest.raises(CallError, match="keeps no record of cached images"):
            ask(endpoint, "admin", "public")
    finally:
        glance_site.CONF.clear_override(option)
