# SPDX-License-Identifier: Apache-2.0
"""What must hold for every route, also for those that are yet to come."""

from __future__ import annotations

import pytest
import webob

import glance_site
import images
from glance_cache_nodes.api import responses
from glance_cache_nodes.api.routes import ROUTES
from glance_cache_nodes.policies import rules

# All but OPTIONS: those requests the cors filter in front answers, whatever the path.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
RULES = {rule.name: rule for rule in rules.list_rules()}
KNOWN = [(path, method) for path, handlers in ROUTES.items() for method in handlers]
# Glance takes any segment behind /v2/cache for an image.
GLANCES = {
    path: {"PUT", "DELETE"} if path.count("/") == len(["v2", "cache", "image"]) else set()
    for path in ROUTES
}
OTHER = [
    (path, method)
    for path in ROUTES
    for method in sorted(METHODS - set(ROUTES[path]) - GLANCES[path])
]


def ask(path: str, method: str, token: str | None) -> webob.Response:
    """Send a request for an image that exists."""
    path = path.replace(":uuid", "").replace("{image_id}", images.of_every_kind()["private"])
    headers = {"X-Auth-Token": token} if token else {}
    request = webob.Request.blank(path, method=method, headers=headers)
    return request.get_response(glance_site.call)


@pytest.mark.parametrize(("path", "method"), KNOWN)
@pytest.mark.parametrize("token", ["member", "reader", "other", "service"])
def test_a_plain_user_is_refused(path: str, method: str, token: str) -> None:
    assert ask(path, method, token).status_int == 403


@pytest.mark.parametrize(("path", "method"), KNOWN + OTHER)
def test_a_caller_without_a_token_is_refused(path: str, method: str) -> None:
    assert ask(path, method, None).status_int == 401


@pytest.mark.parametrize(("path", "method"), OTHER)
@pytest.mark.parametrize("token", ["admin", "member"])
def test_every_other_method_is_refused(path: str, method: str, token: str) -> None:
    response = ask(path, method, token)
    assert response.status_int == 405
    assert response.headers["Allow"] == ", ".join(sorted({*ROUTES[path], *GLANCES[path]}))


@pytest.mark.parametrize(("path", "method"), KNOWN)
def test_the_rule_of_a_route_tells_of_it(path: str, method: str) -> None:
    rule = ROUTES[path][method].rule
    if rule not in RULES:
        assert rule in {"cache_image", "cache_delete"}  # Glance's own, which tell of Glance's paths
        return
    operations = RULES[rule].operations
    assert {"path": path.replace(":uuid", ""), "method": method} in operations


def test_every_status_of_the_add_on_is_in_the_table_once() -> None:
    codes = [status.code for status in responses.STATUSES]
    assert codes == sorted(set(codes))
    named = {each for each in vars(responses).values() if isinstance(each, responses.Status)}
    assert named == set(responses.STATUSES)
