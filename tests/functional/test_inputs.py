# SPDX-License-Identifier: Apache-2.0
"""Requests that nobody should send: a clear refusal, no 5xx, and at most one line in the log."""

from __future__ import annotations

import pytest
import webob

import glance_site
import images

ID = "/v2/cache/nodes/"
PATHS = {
    "no UUID": ID + "my-image",
    "a NUL": ID + "%00",
    "a NUL behind an id": ID + images.UNKNOWN + "%00",
    "a newline behind an id": ID + images.UNKNOWN + "%0A",
    "an encoded slash": ID + images.UNKNOWN + "%2F",
    "an encoded slash and more": ID + images.UNKNOWN + "%2Fmore",
    "an encoded path": ID + "..%2F..%2Fetc%2Fpasswd",
    "doubled slashes": "/v2//cache//nodes//" + images.UNKNOWN,
    "three slashes at the end": ID + images.UNKNOWN + "///",
    "10 kB": ID + "a" * 10_000,
    "a quote": ID + "'%20OR%201=1--",
    "markup": ID + "<script>alert(1)</script>",
    "a format": ID + "%25s%25(owner)s{0}",
}


def ask(path: str, method: str = "GET", **headers: str) -> tuple[webob.Response, list[str]]:
    """Send a request as admin; return the answer and the lines that it left in the log."""
    glance_site.application()
    before = len(glance_site.log_text())
    request = webob.Request.blank(path, method=method, headers={"X-Auth-Token": "admin", **headers})
    response = request.get_response(glance_site.call)
    return response, glance_site.log_text()[before:].splitlines()


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_path_that_leads_to_no_image(path: str) -> None:
    response, log = ask(path, Accept="application/json")
    assert response.status_int == 404
    assert len(response.body) < 1000
    assert len(log) <= 1


@pytest.mark.parametrize("path", ["/v2//cache/nodes/", "/v2/cache//nodes//", "/v2/cache/nodes//"])
def test_a_doubled_slash_reaches_the_filter_and_not_what_lies_behind_it(path: str) -> None:
    image_id = images.of_every_kind()["private"]
    response, _ = ask(path + image_id)
    assert response.json == {"cached_nodes": ["http://node1:9292", "http://node2:9292"]}


@pytest.mark.parametrize(
    "accept", ["", "*", "no/such;q=", "text/html;q=0.1,*/*", "\u20ac", "," * 999]
)
def test_an_odd_accept_header(accept: str) -> None:
    response, log = ask(ID + images.UNKNOWN, Accept=accept)
    assert response.status_int == 404
    assert log == []


def test_markup_in_a_path_is_not_echoed_as_markup() -> None:
    response, _ = ask(PATHS["markup"], Accept="text/html")
    assert "<script>" not in response.text


def test_an_over_long_request_id_is_refused() -> None:
    """Glance's own route answers 500 here."""
    response, log = ask(ID + images.UNKNOWN, **{"X-Openstack-Request-Id": "x" * 65})
    assert response.status_int == 431
    assert response.headers["x-openstack-request-id"].startswith("req-")
    assert len(log) == 1  # Glance's context filter wonders where the caller is


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "BREW"])
def test_another_method(method: str) -> None:
    response, log = ask(ID + images.UNKNOWN, method)
    assert response.status_int == 405
    assert response.headers["Allow"] == "DELETE, GET, PUT"
    assert log == []


def test_options_are_answered_by_the_cors_filter_in_front() -> None:
    response, log = ask(ID + images.UNKNOWN, "OPTIONS")
    assert response.status_int == 200
    assert (response.body, log) == (b"", [])


def test_a_chunked_body_is_refused() -> None:
    response, _ = ask(ID + images.UNKNOWN, **{"Transfer-Encoding": "chunked"})
    assert response.status_int == 400


@pytest.mark.parametrize("path", ["/v2/cache", "/v2/cache/node", "/v2/images", "/v2", "/"])
def test_a_path_that_is_not_ours_goes_on_untouched(path: str) -> None:
    ours, _ = ask(path)
    native = webob.Request.blank(path, headers={"X-Auth-Token": "admin"}).get_response(
        glance_site.native_application()
    )
    assert ours.status == native.status
    assert ours.body == native.body
