# SPDX-License-Identifier: Apache-2.0
"""Who gets what: every caller x every kind of image x three policies, held against native Glance.

Glance 33's own route is asked the same in the same process; older releases have none. Three
differences are meant: the shape of the answer, 409 where native says 404 (see the contract), and
the owner-based rule, which native refuses to everyone because it gives the rule no image to
compare with.
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
OWNERS = '"list_cached_nodes": "role:member and project_id:%(owner)s"'

FORGED = {
    "X-Identity-Status": "Confirmed",
    "X-Roles": "admin",
    "X-Project-Id": "lab",
    "X-User-Id": "admin",
}
CALLERS = {
    **{name: {"X-Auth-Token": name} for name in glance_site.PERSONAS},
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
    "without-owner",
    "shared-pending",
    "shared-accepted",
    "shared-rejected",
}


def expected(policy: str, caller: str, kind: str) -> int:
    """Return the status that the documentation promises."""
    if caller in STRANGERS:
        return 401
    project, roles = glance_site.PERSONAS.get(caller, glance_site.PERSONAS["member"])
    exists = kind not in GONE
    if policy == OWNERS:
        mine = exists and kind != "without-owner" and project == "lab"
        return 200 if mine and "member" in roles else 403
    if ("admin" if policy == DEFAULT else "reader") not in roles:
        return 403
    seen = exists and (project == "lab" or kind in SEEN_BY_OTHERS)
    return 200 if seen else 404


@functools.cache
def applications(policy: str):
    """Return Glance with the filter and without it, under a policy file."""
    return glance_site.application_with_policy(policy)


def ask(application, caller: str, kind: str) -> webob.Response:
    """Ask for the nodes of an image."""
    image_id = images.of_every_kind()[kind]
    headers = {"Accept": "application/json", **CALLERS[caller]}
    return webob.Request.blank(f"/v2/cache/nodes/{image_id}", headers=headers).get_response(
        application
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("policy", [DEFAULT, READERS, OWNERS], ids=["default", "reader", "owner"])
def test_answer(policy: str, caller: str, kind: str) -> None:
    ours, native = (ask(application, caller, kind) for application in applications(policy))
    assert ours.status_int == expected(policy, caller, kind)
    if not IN_GLANCE:
        assert native.status_int in (401, 404)
    elif policy != OWNERS:
        assert native.status_int == ours.status_int
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


def test_a_system_scoped_token_is_refused() -> None:
    ours, native = applications(DEFAULT)
    image_id = images.of_every_kind()["public"]
    for application in (ours, native) if IN_GLANCE else (ours,):
        response = webob.Request.blank(
            f"/v2/cache/nodes/{image_id}", headers={"X-Auth-Token": "system-admin"}
        ).get_response(application)
        assert response.status_int == 403
