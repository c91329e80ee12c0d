# SPDX-License-Identifier: Apache-2.0
"""Paths that are ours by one method and Glance's by another; Glance alone is asked the same."""

from __future__ import annotations

import functools

import glance.api.v2.router
import pytest
import webob

import glance_site
import images

TOKENS = ("admin", "member")
IN_GLANCE_33 = hasattr(glance.api.v2.cached_images.CacheController, "get_cached_nodes")


@functools.cache
def ours():
    """Return Glance with the sample routes in front."""
    return glance_site.application_with_filter("sample_routes:filter_factory")


@functools.cache
def image_id() -> str:
    """Return an image that Glance may evict."""
    glance_site.application()
    return images.create({"visibility": "private"})


def ask(application, method: str, path: str, token: str | None = "admin", **more) -> webob.Response:
    """Send a request for an image that exists."""
    path = path.replace("{image_id}", image_id())
    headers = {"Accept": "application/json", **({"X-Auth-Token": token} if token else {})}
    headers.update(more.pop("headers", {}))
    request = webob.Request.blank(path, method=method, headers=headers, **more)
    return request.get_response(application)


def told(response: webob.Response) -> tuple:
    """Return what of an answer does not differ from request to request."""
    changing = {"x-openstack-request-id", "allow"}
    headers = {
        name: value for name, value in response.headers.items() if name.lower() not in changing
    }
    return response.status, headers, response.body


GLANCES = [
    ("PUT", "/v2/cache/{image_id}"),
    ("DELETE", "/v2/cache/{image_id}"),
    ("PUT", f"/v2/cache/{images.UNKNOWN}"),
    ("PUT", "/v2/cache/nodes"),
    ("DELETE", "/v2/cache/nodes"),
    ("PUT", "/v2/cache/images"),
    ("POST", "/v2/cache/clean"),
    ("POST", "/v2/cache/prune"),
    ("GET", "/v2/cache/clean"),
    ("GET", "/v2/cache/not-a-uuid"),
    ("GET", "/v2/cache"),
    ("PUT", "/v2/cache/{image_id}?_method=DELETE"),
    ("GET", "/v2/cache/nodes/{image_id}/more"),
]


@pytest.mark.parametrize(("method", "path"), GLANCES)
@pytest.mark.parametrize("token", [*TOKENS, None])
@pytest.mark.parametrize("with_filter", [ours, glance_site.application], ids=["samples", "routes"])
def test_what_is_glance_s_is_answered_as_without_the_filter(
    method: str, path: str, token: str | None, with_filter
) -> None:
    with_us = ask(with_filter(), method, path, token)
    alone = ask(glance_site.native_application(), method, path, token)
    assert told(with_us) == told(alone)
    assert with_us.headers.get("Allow") == alone.headers.get("Allow")


def test_a_request_that_goes_on_to_glance_has_its_effect() -> None:
    queued = f"/v2/cache/{images.create({'visibility': 'public', 'nodes': ()})}"
    assert ask(ours(), "PUT", queued).status_int == 202
    # Glance's worker takes it from there, and has no data of this image to cache.
    assert queued.rpartition("/")[2] in ask(ours(), "GET", "/v2/cache").json["queued_images"]
    assert ask(ours(), "DELETE", queued).status_int == 204
    assert queued.rpartition("/")[2] not in ask(ours(), "GET", "/v2/cache").json["queued_images"]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "HEAD", "BREW"])
@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v2/cache/{image_id}", "DELETE, GET, PUT"),
        ("/v2/cache/nodes", "DELETE, GET, PUT"),
        ("/v2/cache/nodes/{image_id}", "DELETE, GET, PUT"),
        ("/v2//cache/nodes/{image_id}/", "DELETE, GET, PUT"),
    ],
)
def test_allow_has_the_methods_of_both(path: str, allow: str, method: str, token: str) -> None:
    response = ask(ours(), method, path, token)
    if method == "GET":
        assert response.status_int == (200 if token == "admin" else 403)
        return
    assert (response.status_int, response.headers["Allow"]) == (405, allow)
    assert response.headers["x-openstack-request-id"].startswith("req-")
    assert response.headers.getall("Allow") == [allow]


@pytest.mark.parametrize("path", ["/v2/cache/{image_id}", "/v2/cache/nodes/{image_id}"])
def test_a_405_has_a_request_id_also_where_the_caller_s_was_too_long(path: str) -> None:
    response = ask(ours(), "POST", path, headers={"X-Openstack-Request-Id": "x" * 65})
    assert response.status_int == 405
    assert response.headers["x-openstack-request-id"].startswith("req-")


@pytest.mark.parametrize("path", ["/v2/cache/{image_id}", "/v2/cache/nodes/{image_id}"])
def test_a_caller_without_a_token_is_not_told_of_methods(path: str) -> None:
    response = ask(ours(), "POST", path, None)
    assert response.status_int == 401
    assert "Allow" not in response.headers


@pytest.mark.parametrize("form", [False, True], ids=["query", "form"])
def test_a_method_in_the_query_or_a_form_leads_nobody_past_our_route(form: bool) -> None:
    """Glance's router takes ``_method`` for the method; 33 would answer without our checks."""
    path = "/v2/cache/nodes/{image_id}"
    given = {"POST": {"_method": "GET"}} if form else {}
    query = "" if form else "?_method=GET"
    response = ask(glance_site.application(), "POST", path + query, **given)
    assert (response.status_int, response.headers["Allow"]) == (405, "DELETE, GET, PUT")
    alone = ask(glance_site.native_application(), "POST", path + query, **given)
    assert alone.status_int == ((400 if form else 200) if IN_GLANCE_33 else 404)


def test_a_body_reaches_glance_unread() -> None:
    """Glance reads the body of a PUT itself: this one is no JSON."""
    for application in (ours(), glance_site.native_application()):
        response = ask(application, "PUT", "/v2/cache/{image_id}", body=b"{")
        assert response.status_int == 400
        assert "Malformed JSON" in response.text


def test_a_failure_of_glance_is_answered_by_glance() -> None:
    """An over-long request id leaves no caller; Glance's own answer to a PUT is 500."""
    headers = {"X-Openstack-Request-Id": "x" * 65}
    answers = [
        ask(application, "PUT", "/v2/cache/{image_id}", headers=headers).status_int
        for application in (ours(), glance_site.native_application())
    ]
    assert answers[0] == answers[1]
