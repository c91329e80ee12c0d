# SPDX-License-Identifier: Apache-2.0
"""The client, over a real keystoneauth session, against answers that real Glance gave."""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from adapters import adapter_for
from keystoneauth1 import adapter, noauth, session

from glance_cache_nodes.client import CachedNode, CallError, cached_nodes

if TYPE_CHECKING:
    pass


def ask(endpoint: str, timeout: float | None = None) -> list[str]:
    with adapter_for(endpoint, canned.TOKEN, timeout) as image:
        return [node.url for node in cached_nodes(image, canned.IMAGE_ID)]


def failure(endpoint: str, timeout: float | None = None) -> CallError:
    with pytest.raises(CallError) as raised:
        ask(endpoint, timeout)
    message = str(raised.value)
    assert message.isprintable()  # So it is one line, and can do nothing to a terminal.
    assert "<" not in message
    assert canned.TOKEN not in message
    return raised.value


@pytest.mark.parametrize(
    "answer", [canned.OBJECT, canned.BARE_LIST], ids=["filter", "native Glance 33"]
)
def test_both_shapes_are_read(glance: canned.CannedGlance, answer: canned.Answer) -> None:
    glance.say(answer)
    assert ask(glance.url) == sorted(canned.URLS)


def test_the_order_of_the_object_is_kept(glance: canned.CannedGlance) -> None:
    urls = ["http://near:9292", "http://far:9292", "http://beyond:9292"]
    glance.say(canned.Answer(200, json.dumps({"cached_nodes": urls, "more": 1})))
    assert ask(glance.url) == urls


def test_a_node_is_frozen_and_its_text_is_its_url() -> None:
    node = CachedNode(url="http://edge1:9292")
    assert (str(node), f"{node}", node.url) == (("http://edge1:9292",) * 3)
    assert len({node, CachedNode(url="http://edge1:9292")}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        node.url = "http://edge2:9292"


@pytest.mark.parametrize("body", ["[]", '{"cached_nodes": []}'])
def test_no_node_holds_the_image(glance: canned.CannedGlance, body: str) -> None:
    glance.say(canned.Answer(200, body))
    assert ask(glance.url) == []


@pytest.mark.parametrize("ending", ["", "/", "/v2", "/v2/"])
def test_the_endpoint_may_end_in_v2_and_one_request_is_enough(
    glance: canned.CannedGlance, ending: str
) -> None:
    glance.say(canned.OBJECT)
    ask(glance.url + ending)
    assert [(asked.method, asked.path) for asked in glance.asked] == [("GET", canned.NODES_PATH)]


@pytest.mark.parametrize("ending", ["", "/v2"])
def test_an_override_of_the_endpoint_counts(glance: canned.CannedGlance, ending: str) -> None:
    glance.say(canned.OBJECT)
    opened = session.Session(noauth.NoAuth(endpoint="http://127.0.0.1:1"))
    image = adapter.Adapter(opened, endpoint_override=glance.url + ending)
    assert cached_nodes(image, canned.IMAGE_ID) == [CachedNode(url=u) for u in sorted(canned.URLS)]
    opened.session.close()


def test_the_request_names_this_client_and_wants_json(glance: canned.CannedGlance) -> None:
    glance.say(canned.OBJECT)
    ask(glance.url)
    headers = glance.asked[0].headers
    assert headers["User-Agent"].startswith("glance-cache-nodes/")
    assert headers["Accept"] == "application/json"
    assert headers["X-Auth-Token"] == canned.TOKEN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (canned.UNAUTHORIZED, "does not accept the token"),
        (
            canned.FORBIDDEN,
            "rule list_cached_nodes refuses you; by default only the role admin may",
        ),
        (canned.CACHING_OFF, "keeps no record of cached images: Caching via API is not supported"),
        (canned.NOT_CENTRAL, "Centralized caching is not enabled. Each Glance node needs"),
        (
            canned.DATABASE_DOWN,
            "database does not answer. The request can be repeated. Try again in 5 s.",
        ),
        (canned.fault(503, "Busy"), "Glance cannot answer now: Busy. Try again later."),
        (canned.SERVER_ERROR, "500: The server has either erred or is incapable of performing"),
        (canned.SERVER_ERROR, "(request id req-1)"),
        (
            canned.fault(400, "Bad\r\n\x1b[31m<b>query</b> &amp; more"),
            "Glance refuses this request: Bad [31m query & more.",
        ),
    ],
)
def test_each_status_says_what_is_wrong_and_what_would_be_right(
    glance: canned.CannedGlance, answer: canned.Answer, words: str
) -> None:
    glance.say(answer)
    raised = failure(glance.url)
    assert words in str(raised)
    assert raised.status == answer.status


@pytest.mark.parametrize("answer", [canned.NO_IMAGE, canned.OURS_NO_IMAGE])
def test_no_image_is_said_where_glance_said_it(
    glance: canned.CannedGlance, answer: canned.Answer
) -> None:
    glance.say(answer)
    raised = failure(glance.url)
    assert str(raised).startswith(f"No image {canned.IMAGE_ID}, or you may not see it")
    assert "install" not in str(raised)
    assert len(glance.asked) == 1


@pytest.mark.parametrize(
    "answer", [canned.NO_ROUTE, canned.VERSIONS, canned.fault(405, "No."), canned.fault(501, "No.")]
)
def test_a_glance_without_the_call_is_told_from_one_without_the_image(
    glance: canned.CannedGlance, answer: canned.Answer
) -> None:
    glance.say(answer)
    raised = str(failure(glance.url))
    assert raised.startswith("The Glance node that answered cannot list nodes (no http://")
    assert "install glance-cache-nodes on every Glance node" in raised
    assert "image_endpoint_override" in raised
    assert "no image" not in raised.lower()
    assert len(glance.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [canned.PROXYS_404, canned.Answer(404, ""), canned.fault(404, "No images here.")],
    ids=["nginx", "empty", "other"],
)
def test_a_404_of_something_else_says_both_possibilities(
    glance: canned.CannedGlance, answer: canned.Answer
) -> None:
    glance.say(answer)
    raised = str(failure(glance.url))
    assert not raised.startswith("No image")
    assert f"Either there is no image {canned.IMAGE_ID} that you may see" in raised
    assert "install glance-cache-nodes on every Glance node" in raised


@pytest.mark.parametrize("body", ["", "<p>Hi</p>", '{"images": []}', "[1]", '"node"', "null"])
def test_an_answer_that_is_no_list_of_nodes(glance: canned.CannedGlance, body: str) -> None:
    glance.say(canned.Answer(200, body))
    assert "answered something else than nodes" in str(failure(glance.url))


def test_an_id_that_is_no_utf_8_is_glances_to_refuse(image, glance: canned.CannedGlance) -> None:
    glance.answers["GET", "/v2/cache/nodes/%FF"] = canned.PROXYS_404
    with pytest.raises(CallError, match=r"Either there is no image '\\udcff' that you may see"):
        cached_nodes(image, "\udcff")


def test_a_503_is_not_repeated(glance: canned.CannedGlance) -> None:
    glance.say(canned.DATABASE_DOWN)
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


def test_a_server_that_speaks_no_tls(glance: canned.CannedGlance) -> None:
    assert "No TLS with" in str(failure(glance.url.replace("http:", "https:")))


def test_no_endpoint_is_known() -> None:
    opened = session.Session(noauth.NoAuth())
    with pytest.raises(CallError, match="has no image endpoint"):
        cached_nodes(adapter.Adapter(opened, service_type="image"), canned.IMAGE_ID)
