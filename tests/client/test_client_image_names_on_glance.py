# SPDX-License-Identifier: Apache-2.0
"""What a name finds on real Glance over HTTP, and what openstacksdk's find_image finds."""

from __future__ import annotations

from collections.abc import Iterator

import openstack
import pytest
from adapters import adapter_for
from keystoneauth1 import adapter, session, token_endpoint
from openstack import exceptions as sdk

import balancer
import glance_site
import images
from glance_cache_nodes.client import CallError, image_id

# Glance takes what stands before a colon in a filter for an operator.
AS_FILTERS = ["ubuntu:22.04", "in:a,b", "eq:x", "in:", "gt:3", "neq:cirros", ":", "a:b:c"]
PLAIN = [
    "cirros",
    "Cirros",
    "with space & more",
    "a/b",
    "../up",
    "?",
    "#1",
    "100%25",
    "ünï",
    'q"uote, "x',
    "detail",
    "2024-01-01T00:00:00",
]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with balancer.serve(glance_site.application()) as url:
        yield url


@pytest.fixture(scope="module")
def image(endpoint: str) -> Iterator[adapter.Adapter]:
    with adapter_for(endpoint) as made:
        yield made


@pytest.fixture(scope="module")
def cloud(endpoint: str) -> Iterator[openstack.connection.Connection]:
    opened = session.Session(token_endpoint.Token(endpoint, "admin"))
    with openstack.connection.Connection(session=opened, image_endpoint_override=endpoint) as made:
        yield made
    opened.session.close()


@pytest.fixture(scope="module")
def ids() -> dict[str, str]:
    """Make one image of each name, and return their IDs."""
    glance_site.application()
    names = [*AS_FILTERS, *PLAIN]
    return {name: images.create({"visibility": "private", "name": name}) for name in names}


def hidden(name: str) -> str:
    return images.create({"visibility": "private", "name": name, "os_hidden": True})


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_finds_what_find_image_finds(image, cloud, ids, name: str) -> None:
    assert image_id(image, name) == ids[name]
    assert cloud.image.find_image(name, ignore_missing=False).id == ids[name]
    assert image_id(cloud.image, name) == ids[name]


@pytest.mark.parametrize("name", AS_FILTERS)
def test_a_name_with_a_colon(image, ids, name: str) -> None:
    assert image_id(image, name) == ids[name]


@pytest.mark.parametrize(
    "name", ["in:cirros,nobody", "eq:cirros", "no:body", "", "/", ".", "CIRROS"]
)
@pytest.mark.usefixtures("ids")
def test_no_image_has_the_name(image, name: str) -> None:
    with pytest.raises(CallError, match=r"^No image ") as raised:
        image_id(image, name)
    assert raised.value.status == 404


def test_an_id_is_found_before_a_name(image, cloud) -> None:
    first = images.create({"visibility": "private"})
    images.create({"visibility": "private", "name": first})
    assert image_id(image, first) == cloud.image.find_image(first, ignore_missing=False).id == first


def test_a_name_in_the_form_of_an_id(image, cloud) -> None:
    name = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    made = images.create({"visibility": "private", "name": name})
    assert image_id(image, name) == cloud.image.find_image(name, ignore_missing=False).id == made


def test_a_hidden_image_is_found(image, cloud) -> None:
    made = hidden("out-of-sight")
    assert image_id(image, "out-of-sight") == made
    assert image_id(image, made) == made
    assert cloud.image.find_image("out-of-sight", ignore_missing=False).id == made


def test_a_hidden_image_whose_name_has_a_colon(image) -> None:
    assert hidden("ubuntu:12.04") == image_id(image, "ubuntu:12.04")


def test_what_is_seen_is_found_before_what_is_hidden(image, cloud) -> None:
    hidden("old-and-new")
    seen = images.create({"visibility": "private", "name": "old-and-new"})
    assert image_id(image, "old-and-new") == seen
    assert cloud.image.find_image("old-and-new", ignore_missing=False).id == seen


@pytest.mark.parametrize("name", ["twice", "twice:1"])
def test_two_images_of_a_name(image, cloud, name: str) -> None:
    for _ in range(2):
        images.create({"visibility": "private", "name": name})
    with pytest.raises(CallError, match=rf"^More than one image has the name {name}; give an ID"):
        image_id(image, name)
    if ":" not in name:
        with pytest.raises(sdk.DuplicateResource):
            cloud.image.find_image(name, ignore_missing=False)


def test_an_image_of_another_project(endpoint: str, ids) -> None:
    opened = session.Session(token_endpoint.Token(endpoint, "other"))
    other = adapter.Adapter(opened, service_type="image")
    for name in ("cirros", ids["cirros"]):
        with pytest.raises(CallError, match=r"^No image "):
            image_id(other, name)
    opened.session.close()
