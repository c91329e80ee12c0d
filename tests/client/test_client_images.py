# SPDX-License-Identifier: Apache-2.0
"""From an image's name to its ID, over a real keystoneauth session."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from keystoneauth1 import adapter, noauth, session

from glance_cache_nodes.client import CallError, image_id

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def glance() -> Iterator[canned.CannedGlance]:
    with canned.serve() as running:
        yield running


@contextlib.contextmanager
def adapter_for(endpoint: str) -> Iterator[adapter.Adapter]:
    opened = session.Session(noauth.NoAuth(endpoint=endpoint))
    yield adapter.Adapter(opened, service_type="image")
    opened.session.close()


def test_a_uuid_is_taken_as_it_is(glance: canned.CannedGlance) -> None:
    with adapter_for(glance.url) as image:
        assert image_id(image, canned.IMAGE_ID.upper()) == canned.IMAGE_ID.upper()
    assert glance.asked == []


def test_a_name_is_looked_up_as_it_is_written(glance: canned.CannedGlance) -> None:
    glance.name("cirros & co", "Cirros & Co")
    with adapter_for(glance.url) as image:
        assert image_id(image, "cirros & co") == canned.IMAGE_ID
    assert glance.asked[0].path == "/v2/images?name=cirros+%26+co"


@pytest.mark.parametrize(
    ("names", "words"),
    [([], "No image has the name 'x'"), (["x", "x"], "2 images have the name 'x'; give an ID: ")],
)
def test_a_name_that_is_not_of_one_image(
    glance: canned.CannedGlance, names: list[str], words: str
) -> None:
    glance.name(*names)
    with adapter_for(glance.url) as image, pytest.raises(CallError, match=words):
        image_id(image, "x")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            canned.fault(403, "You are not authorized to complete get_images action."),
            "Glance refuses: ",
        ),
        (canned.Answer(200, "[]"), "answered no list of images"),
    ],
)
def test_names_cannot_be_looked_up(
    glance: canned.CannedGlance, answer: canned.Answer, words: str
) -> None:
    glance.answers["GET", "/v2/images"] = answer
    with adapter_for(glance.url) as image, pytest.raises(CallError, match=words):
        image_id(image, "x")
