# SPDX-License-Identifier: Apache-2.0
"""The client, over a real keystoneauth session, against answers that real Glance gave."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from keystoneauth1 import adapter, noauth, session, token_endpoint

from canned_glance import (
    BARE_LIST,
    CACHING_OFF,
    DATABASE_DOWN,
    FORBIDDEN,
    IMAGE_ID,
    NO_IMAGE,
    NO_ROUTE,
    NODES_PATH,
    NOT_CENTRAL,
    OBJECT,
    SERVER_ERROR,
    TOKEN,
    UNAUTHORIZED,
    URLS,
    VERSIONS,
    Answer,
    CannedGlance,
    canned_glance,
    fault,
)
from glance_cache_nodes.client import cached_nodes
from glance_cache_nodes.client_errors import CallError
from glance_cache_nodes.client_images import image_id

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def glance() -> Iterator[CannedGlance]:
    with canned_glance() as running:
        yield running


@contextlib.contextmanager
def adapter_for(endpoint: str, timeout: float | None = None) -> Iterator[adapter.Adapter]:
    plugin = token_endpoint.Token(endpoint, TOKEN)
    opened = session.Session(plugin, timeout=timeout)
    yield adapter.Adapter(opened, service_type="image")
    opened.session.close()


def ask(endpoint: str, timeout: float | None = None) -> list[str]:
    with adapter_for(endpoint, timeout) as image:
        return cached_nodes(image, IMAGE_ID)


def failure(endpoint: str, timeout: float | None = None) -> CallError:
    with pytest.raises(CallError) as raised:
        ask(endpoint, timeout)
    message = str(raised.value)
    assert message.isprintable()  # So it is one line, and can do nothing to a terminal.
    assert "<" not in message
    assert TOKEN not in message
    return raised.value


@pytest.mark.parametrize("answer", [OBJECT, BARE_LIST], ids=["filter", "native Glance 33"])
def test_both_shapes_give_a_sorted_list(glance: CannedGlance, answer: Answer) -> None:
    glance.say(answer)
    assert ask(glance.url) == sorted(URLS)


@pytest.mark.parametrize("body", ["[]", '{"cached_nodes": []}'])
def test_no_node_holds_the_image(glance: CannedGlance, body: str) -> None:
    glance.say(Answer(200, body))
    assert ask(glance.url) == []


@pytest.mark.parametrize("ending", ["", "/", "/v2", "/v2/"])
def test_the_endpoint_may_end_in_v2_and_one_request_is_enough(
    glance: CannedGlance, ending: str
) -> None:
    glance.say(OBJECT)
    ask(glance.url + ending)
    assert [(asked.method, asked.path) for asked in glance.asked] == [("GET", NODES_PATH)]


@pytest.mark.parametrize("ending", ["", "/v2"])
def test_an_override_of_the_endpoint_counts(glance: CannedGlance, ending: str) -> None:
    glance.say(OBJECT)
    opened = session.Session(noauth.NoAuth(endpoint="http://127.0.0.1:1"))
    image = adapter.Adapter(opened, endpoint_override=glance.url + ending)
    assert cached_nodes(image, IMAGE_ID) == sorted(URLS)
    opened.session.close()


def test_the_request_names_this_client_and_wants_json(glance: CannedGlance) -> None:
    glance.say(OBJECT)
    ask(glance.url)
    headers = glance.asked[0].headers
    assert headers["User-Agent"].startswith("glance-cache-nodes/")
    assert headers["Accept"] == "application/json"
    assert headers["X-Auth-Token"] == TOKEN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (UNAUTHORIZED, "does not accept the token"),
        (FORBIDDEN, "rule list_cached_nodes refuses you; by default only the role admin may"),
        (NO_IMAGE, f"No image {IMAGE_ID}, or you may not see it"),
        (CACHING_OFF, "keeps no record of cached images: Caching via API is not supported"),
        (NOT_CENTRAL, "Centralized caching is not enabled. Each Glance node needs"),
        (DATABASE_DOWN, "database does not answer. The request can be repeated. Try again in 5 s."),
        (fault(503, "Busy"), "Glance cannot answer now: Busy. Try again later."),
        (SERVER_ERROR, "500: The server has either erred or is incapable of performing"),
        (SERVER_ERROR, "(request id req-1)"),
        (VERSIONS, "install glance-cache-nodes on the Glance nodes, or upgrade to Glance 33"),
        (
            fault(400, "Bad\r\n\x1b[31m<b>query</b> &amp; more"),
            "answered 400: Bad [31m query & more.",
        ),
    ],
)
def test_each_status_says_what_is_wrong_and_what_would_be_right(
    glance: CannedGlance, answer: Answer, words: str
) -> None:
    glance.say(answer)
    raised = failure(glance.url)
    assert words in str(raised)
    assert raised.status == answer.status


def test_a_glance_without_the_call_is_told_from_one_without_the_image(
    glance: CannedGlance,
) -> None:
    glance.say(NO_ROUTE, route=False)
    raised = failure(glance.url)
    assert "install glance-cache-nodes on the Glance nodes, or upgrade to Glance 33" in str(raised)
    assert [asked.method for asked in glance.asked] == ["GET", "PATCH"]


@pytest.mark.parametrize("body", ["", "<p>Hi</p>", '{"images": []}', "[1]", '"node"', "null"])
def test_an_answer_that_is_no_list_of_nodes(glance: CannedGlance, body: str) -> None:
    glance.say(Answer(200, body))
    assert "answered something else than nodes" in str(failure(glance.url))


def test_a_503_is_not_repeated(glance: CannedGlance) -> None:
    glance.say(DATABASE_DOWN)
    failure(glance.url)
    assert len(glance.asked) == 1


def test_nobody_listens() -> None:
    raised = failure("http://127.0.0.1:1")
    assert "cannot be reached" in str(raised)
    assert raised.status is None


def test_a_server_that_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        raised = failure(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
    assert "did not answer in time" in str(raised)


def test_a_server_that_speaks_no_tls(glance: CannedGlance) -> None:
    assert "No TLS with" in str(failure(glance.url.replace("http:", "https:")))


def test_no_endpoint_is_known() -> None:
    opened = session.Session(noauth.NoAuth())
    with pytest.raises(CallError, match="has no image endpoint"):
        cached_nodes(adapter.Adapter(opened, service_type="image"), IMAGE_ID)


def test_a_uuid_is_taken_as_it_is(glance: CannedGlance) -> None:
    with adapter_for(glance.url) as image:
        assert image_id(image, IMAGE_ID.upper()) == IMAGE_ID.upper()
    assert glance.asked == []


def test_a_name_is_looked_up_as_it_is_written(glance: CannedGlance) -> None:
    glance.name("cirros & co", "Cirros & Co")
    with adapter_for(glance.url) as image:
        assert image_id(image, "cirros & co") == IMAGE_ID
    assert glance.asked[0].path == "/v2/images?name=cirros+%26+co"


@pytest.mark.parametrize(
    ("names", "words"),
    [([], "No image has the name 'x'"), (["x", "x"], "2 images have the name 'x'; give an ID: ")],
)
def test_a_name_that_is_not_of_one_image(
    glance: CannedGlance, names: list[str], words: str
) -> None:
    glance.name(*names)
    with adapter_for(glance.url) as image, pytest.raises(CallError, match=words):
        image_id(image, "x")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fault(403, "You are not authorized to complete get_images action."), "Glance refuses: "),
        (Answer(200, "[]"), "answered no list of images"),
    ],
)
def test_names_cannot_be_looked_up(glance: CannedGlance, answer: Answer, words: str) -> None:
    glance.answers["GET", "/v2/images"] = answer
    with adapter_for(glance.url) as image, pytest.raises(CallError, match=words):
        image_id(image, "x")
