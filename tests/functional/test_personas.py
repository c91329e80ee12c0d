# SPDX-License-Identifier: Apache-2.0
"""Who gets what: every caller x every kind of image x three policies, held against native Glance.

Glance 33's own route is asked the same in the same process; older releases have none. Four
differences are meant: the shape of the answer, 409 where native says 404 (see the contract), the
owner-based rule, which native refuses to everyone because it gives the rule no image to compare
with, and the rule ``get_image``, which the native route does not ask: by its default nobody but an
admin is shown an image without an owner that is not public, and nobody without a project is shown
any. Native ``GET /v2/images/{image_id}`` is asked too, and nobody learns more from us than there.
"""

from __future__ import annotations

import functools
import json

import pytest
import webob
from glance import policies as glance_policies

import glance_site
import images
from glance_cache_nodes.policies.rules import LIST_CACHED_NODES

IN_GLANCE = any(rule.name == LIST_CACHED_NODES for rule in glance_policies.list_rules())

DEFAULT = "{}"
READERS = '"list_cached_nodes": "role:reader"'
EVERYBODY = '"list_cached_nodes": "@"'
OWNERS = '"list_cached_nodes": "role:member and project_id:%(owner)s"'

POLICIES = {"default": DEFAULT, "reader": READERS, "owner": OWNERS, "everybody": EVERYBODY}

FORGED = {
    "X-Identity-Status": "Confirmed",
    "X-Roles": "admin",
    "X-Project-Id": "lab",
    "X-User-Id": "admin",
}
CALLERS = {
    **{name: {"X-Auth-Token": name} for name in glance_site.PERSONAS},
    **{name: {"X-Auth-Token": name} for name in glance_site.WITHOUT_PROJECT},
    "no token": {},
    "expired": {"X-Auth-Token": glance_site.EXPIRED_TOKEN},
    "forged": FORGED,
    "forged with a member's token": {**FORGED, "X-Auth-Token": "member"},
}
STRANGERS = ("no token", "expired", "forged")
KINDS = [*images.KINDS, "unknown"]

GONE = {"deleted", "unknown"}
SEEN_BY_OTHERS = {
    "public",
    "community",
    "shared-pending",
    "shared-accepted",
    "shared-rejected",
}


def expected(policy: str, caller: str, kind: str) -> int:
    """Return the status that the documentation promises."""
    if caller in STRANGERS:
        return 401
    if glance_site.WITHOUT_PROJECT.get(caller, (None, []))[0] is not None:
        return 403
    nobody = (None, []) if caller == "unscoped" else glance_site.PERSONAS["member"]
    project, roles = glance_site.PERSONAS.get(caller, nobody)
    exists = kind not in GONE
    mine = exists and kind != "without-owner" and project == "lab"
    if policy == OWNERS:
        return 200 if mine and "member" in roles else 403
    if {DEFAULT: "admin", READERS: "reader"}.get(policy, "") not in [*roles, ""]:
        return 403
    shown = exists if "admin" in roles else "reader" in roles and (mine or kind in SEEN_BY_OTHERS)
    return 200 if shown else 404


@functools.cache
def applications(policy: str):
    """Return Glance with the filter and without it, under a policy file."""
    return glance_site.application_with_policy(policy)


def ask(application, caller: str, kind: str, path: str = "/v2/cache/nodes/") -> webob.Response:
    """Ask for the nodes of an image."""
    image_id = images.of_every_kind()[kind]
    headers = {"Accept": "application/json", **CALLERS[caller]}
    return webob.Request.blank(path + image_id, headers=headers).get_response(application)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_answer(policy: str, caller: str, kind: str) -> None:
    ours, native = (ask(application, caller, kind) for application in applications(policy))
    assert ours.status_int == expected(policy, caller, kind)
    if not IN_GLANCE:
        assert native.status_int in (401, 404)
    elif policy != OWNERS and (ours.status_int, native.status_int) != (404, 200):
        assert native.status_int == ours.status_int
    shown = ask(applications(policy)[1], caller, kind, "/v2/images/").status_int
    assert ours.status_int in (403, shown)
    if ours.status_int == 200:
        nodes = json.loads(ours.body)["cached_nodes"]
        assert nodes == ([] if kind == "empty" else ["http://node1:9292", "http://node2:9292"])
    if ours.status_int == native.status_int == 200:
        assert sorted(json.loads(native.body)) == nodes


def test_native_refuses_the_owner_based_rule_to_everyone() -> None:
    _, native = applications(OWNERS)
    answers = {ask(native, caller, "private").status_int for caller in glance_site.PERSONAS}
    assert answers == ({403} if IN_GLANCE else {404})


@pytest.mark.parametrize("policy", [READERS, OWNERS], ids=["reader", "owner"])
def test_an_invisible_image_is_answered_like_an_unknown_one(policy: str) -> None:
    ours, _ = applications(policy)
    invisible, unknown = (ask(ours, "other", kind) for kind in ("private", "unknown"))
    texts = [
        response.text.replace(images.of_every_kind()[kind], "ID")
        for response, kind in ((invisible, "private"), (unknown, "unknown"))
    ]
    assert texts[0] == texts[1]
    assert set(invisible.headers) == set(unknown.headers)
    assert invisible.status == unknown.status
