# SPDX-License-Identifier: Apache-2.0
"""Query parameters and bodies: what is understood, and what a refusal says."""

from __future__ import annotations

import io
import json

import pytest
import webob

import glance_site
import images

PATH, WITH_BODY = "/v2/cache/nodes", f"/v2/cache/nodes/{images.UNKNOWN}"


@pytest.fixture(scope="module")
def application():
    return glance_site.application_with_filter("sample_routes:filter_factory")


def ask(application, query: str, token: str = "admin") -> webob.Response:
    headers = {"X-Auth-Token": token, "Accept": "application/json"}
    return webob.Request.blank(f"{PATH}?{query}", headers=headers).get_response(application)


def put(application, body: bytes, token: str = "admin") -> webob.Response:
    headers = {"X-Auth-Token": token, "Accept": "application/json"}
    request = webob.Request.blank(WITH_BODY, method="PUT", headers=headers, body=body)
    return request.get_response(application)


def message(response: webob.Response) -> str:
    assert response.status_int == 400
    return response.json["message"].partition("<br")[0]


QUERIES = {
    "": {},
    "verify=true": {"verify": True},
    "verify=No": {"verify": False},
    "verify=1&limit=1000": {"verify": True, "limit": 1000},
    "near=edge%201": {"near": "edge 1"},
    "near=%C3%A4": {"near": "\u00e4"},
    "node=http://a:9292&node=http%3A%2F%2Fb:9292": {"node": ["http://a:9292", "http://b:9292"]},
    "node=one": {"node": ["one"]},
}


@pytest.mark.parametrize(("query", "understood"), QUERIES.items(), ids=range(len(QUERIES)))
def test_a_query_that_is_understood(query: str, understood: dict, application) -> None:
    response = ask(application, query)
    assert (response.status_int, response.json["query"]) == (200, understood)


WRONG_QUERIES = {
    "colour=red": "There is no query parameter 'colour'. This call takes: "
    "verify, limit, near, node.",
    "Verify=true": "There is no query parameter 'Verify'. This call takes: "
    "verify, limit, near, node.",
    "verify=maybe": "The query parameter verify takes true or false, not 'maybe'.",
    "verify=": "The query parameter verify takes true or false, not ''.",
    "verify": "The query parameter verify takes true or false, not ''.",
    "verify=true&verify=true": "The query parameter verify may be given once only.",
    "limit=0": "The query parameter limit takes a whole number from 1 to 1000, not '0'.",
    "limit=1001": "The query parameter limit takes a whole number from 1 to 1000, not '1001'.",
    "limit=-1": "The query parameter limit takes a whole number from 1 to 1000, not '-1'.",
    "limit=1_0": "The query parameter limit takes a whole number from 1 to 1000, not '1_0'.",
    "limit=%D9%A1": "The query parameter limit takes a whole number from 1 to 1000, not '\u0661'.",
    f"limit={'9' * 9999}": "The query parameter limit takes a whole number from 1 to 1000, not "
    f"'{'9' * 60}...'.",
    "near=": "The query parameter near takes the name of a site, not ''.",
    "near=%00": r"The query parameter near takes the name of a site, not '\x00'.",
    "near=%FF": "The query is not UTF-8.",
    "%FF=1": "The query is not UTF-8.",
}


@pytest.mark.parametrize(("query", "words"), WRONG_QUERIES.items(), ids=range(len(WRONG_QUERIES)))
def test_a_query_that_is_not_understood(query: str, words: str, application) -> None:
    assert message(ask(application, query)) == words


def test_a_caller_who_is_refused_is_not_told_what_a_query_takes(application) -> None:
    assert ask(application, "colour=red", "member").status_int == 403
    assert put(application, b"{", "member").status_int == 403


BODIES = [{"nodes": ["http://a:9292"]}, {"count": 1}, {"nodes": ["\u00e4\U0001f600"]}]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_understood(body: dict, application) -> None:
    response = put(application, json.dumps(body).encode())
    assert (response.status_int, response.json["body"]) == (200, body)


WRONG_BODIES = {
    b"": "This call needs a body of JSON: an object with nodes or count.",
    b"{": "The body is not JSON in UTF-8.",
    b'{"nodes": ["\xff"]}': "The body is not JSON in UTF-8.",
    b'{"nodes": ["\\ud800"]}': "The body is not JSON in UTF-8.",
    b'{"count": NaN}': "The body is not JSON in UTF-8.",
    b'{"count": 1, "count": 2}': "The body names the key 'count' twice.",
    b'{"nodes": [{"a": 1, "a": 1}]}': "The body names the key 'a' twice.",
    b'{"\\ud800": 1, "\\ud800": 1}': r"The body names the key '\ud800' twice.",
    b"[" * 900: "The body is not JSON in UTF-8.",
    b"[]": "The body needs an object with nodes or count: [] is not of type 'object'.",
    b"{}": "The body needs an object with nodes or count: {} ",
    b'{"nodez": []}': "The body needs an object with nodes or count: Additional properties are not "
    "allowed ('nodez' was unexpected).",
    b'{"nodes": []}': "In the body, nodes needs a list of node URLs: [] ",
    b'{"nodes": [5]}': "In the body, nodes/0 needs a node URL: 5 is not of type 'string'.",
    b'{"count": 0}': "In the body, count needs 1 or more: 0 is less than the minimum of 1.",
    b'{"count": true}': "In the body, count needs 1 or more: True is not of type 'integer'.",
    b'{"nodes": "%s"}'
    % (b"x" * 1000): "The body is too large: this call takes at most 1000 bytes.",
    b'{"nodes": "%s"}'
    % (b"x" * 900): f"In the body, nodes needs a list of node URLs: '{'x' * 199}...",
}


@pytest.mark.parametrize(("body", "words"), WRONG_BODIES.items(), ids=range(len(WRONG_BODIES)))
def test_a_body_that_is_not_understood(body: bytes, words: str, application) -> None:
    assert message(put(application, body)).startswith(words)


def test_a_chunked_body_is_read_up_to_its_limit(application) -> None:
    """The server takes the chunks apart; how long the body is, it does not say."""

    def chunked(body: bytes) -> webob.Response:
        headers = {"X-Auth-Token": "admin", "Accept": "application/json"}
        request = webob.Request.blank(WITH_BODY, method="PUT", headers=headers)
        request.environ.update(
            {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(body)}
        )
        return request.get_response(application)

    assert chunked(b'{"count": 7}').json["body"] == {"count": 7}
    assert "too large" in message(chunked(b"x" * 1001))


def test_a_body_that_breaks_off_is_refused(application) -> None:
    request = webob.Request.blank(WITH_BODY, method="PUT", headers={"X-Auth-Token": "admin"})
    request.environ["wsgi.input"], request.environ["CONTENT_LENGTH"] = io.BytesIO(b"{"), "100"
    assert "ended before" in request.get_response(application).text
