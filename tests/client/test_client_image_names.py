# SPDX-License-Identifier: Apache-2.0
"""From an image's name to its ID, over a real keystoneauth session."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from adapters import adapter_for

from glance_cache_nodes.client import CallError, image_id, sdk, transport

if TYPE_CHECKING:
    pass


def failure(endpoint: str, name: str = "x", **options: float) -> CallError:
    with (
        adapter_for(endpoint, canned.TOKEN, **options) as image,
        pytest.raises(CallError) as raised,
    ):
        image_id(image, name)
    assert str(raised.value).isprintable()
    assert canned.TOKEN not in str(raised.value)
    return raised.value


def test_an_id_costs_one_request(glance: canned.CannedGlance) -> None:
    glance.say(canned.OBJECT)
    with adapter_for(glance.url, canned.TOKEN) as image:
        assert image_id(image, canned.IMAGE_ID) == canned.IMAGE_ID
    assert [asked.path.partition("?")[0] for asked in glance.asked] == [
        f"/v2/images/{canned.IMAGE_ID}"
    ]


@pytest.mark.parametrize("ending", ["", "/", "/v2", "/v2/"])
def test_a_name_is_looked_up_as_it_is_written(glance: canned.CannedGlance, ending: str) -> None:
    glance.name("ubuntu:22.04", "Ubuntu:22.04")
    with adapter_for(glance.url + ending) as image:
        assert image_id(image, "ubuntu:22.04") == canned.IMAGE_ID
    assert glance.asked[1].path == "/v2/images?name=eq%3Aubuntu%3A22.04"


def test_the_headers_of_the_adapter_go_along(glance: canned.CannedGlance) -> None:
    glance.say(canned.OBJECT)
    with adapter_for(glance.url, canned.TOKEN) as image:
        image.additional_headers["X-Of-Adapter"] = "1"
        image.session.additional_headers["X-Of-Session"] = "2"
        image_id(image, canned.IMAGE_ID)
    headers = glance.asked[0].headers
    assert (headers["X-Of-Adapter"], headers["X-Of-Session"]) == ("1", "2")
    assert headers["X-Auth-Token"] == canned.TOKEN


def test_no_image_has_the_name(glance: canned.CannedGlance) -> None:
    glance.name()
    raised = failure(glance.url)
    assert str(raised).startswith("No image x, or you may not see it: ")
    assert raised.status == 404


@pytest.mark.parametrize("name", ["", " ", "x\n\x1b[31m", "\x00"])
def test_a_name_that_cannot_be_shown_is_quoted(glance: canned.CannedGlance, name: str) -> None:
    glance.name()
    assert f"No image {name!r}, or you may not see it" in str(failure(glance.url, name))


def test_two_images_have_the_name(glance: canned.CannedGlance) -> None:
    glance.name("x", "x")
    assert "More than one image has the name x; give an ID" in str(failure(glance.url))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            canned.fault(403, "You are not authorized to complete get_images action."),
            "Glance refuses: You are not authorized to complete get_images action.",
        ),
        (canned.UNAUTHORIZED, "does not accept the token"),
        (canned.NO_ROUTE, "/v2/images answered 404: The resource could not be found."),
        (canned.PROXYS_404, "/v2/images answered 404: nginx."),
        (canned.SERVER_ERROR, "/v2/images answered 500: "),
    ],
)
def test_a_refused_lookup(glance: canned.CannedGlance, answer: canned.Answer, words: str) -> None:
    glance.answers["GET", "/v2/images"] = answer
    raised = failure(glance.url)
    assert words in str(raised)
    assert raised.status == answer.status


@pytest.mark.parametrize(
    "body", ["", "<p>Hi</p>", "[]", "{}", "null", '{"images": [1]}', '{"images": null}']
)
@pytest.mark.parametrize("path", ["/v2/images", "/v2/images/x"])
def test_an_answer_that_is_no_image(glance: canned.CannedGlance, path: str, body: str) -> None:
    glance.answers["GET", path] = canned.Answer(200, body)
    assert "answered something else than images" in str(failure(glance.url))


@pytest.mark.parametrize("path", ["/v2/images", "/v2/images/x"])
def test_the_list_of_versions_is_no_image(glance: canned.CannedGlance, path: str) -> None:
    glance.answers["GET", path] = canned.VERSIONS
    assert "answered something else than images" in str(failure(glance.url))


@pytest.mark.parametrize("path", ["/v2/images", "/v2/images/x"])
def test_a_503_is_not_repeated(glance: canned.CannedGlance, path: str) -> None:
    glance.answers["GET", path] = canned.DATABASE_DOWN
    assert "Try again in 5 s." in str(failure(glance.url))
    assert len([asked for asked in glance.asked if asked.path.startswith(f"{path}?")]) == 1


def test_nobody_listens() -> None:
    raised = failure("http://127.0.0.1:1")
    assert "cannot be reached" in str(raised)
    assert raised.status is None


def test_a_server_that_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        raised = failure(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
    assert "did not answer in time" in str(raised)


def test_a_name_that_is_no_utf_8(glance: canned.CannedGlance) -> None:
    assert "'\\udcff' is not UTF-8" in str(failure(glance.url, "\udcff"))


def test_an_adapter_without_a_timeout_gets_one(glance: canned.CannedGlance) -> None:
    with adapter_for(glance.url, canned.TOKEN) as image, sdk.image_proxy(image) as proxy:
        assert proxy.session.timeout == transport.TIMEOUT
        assert image.session.timeout is None
