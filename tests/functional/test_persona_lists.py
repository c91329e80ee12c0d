# SPDX-License-Identifier: Apache-2.0
"""Who gets what of the calls beside the list of nodes: the same callers, images and policies.

Nobody learns more of an image than from the list of its nodes, which is held against Glance's own
route; only an admin is told of leftovers.
"""

from __future__ import annotations

import pytest
import webob
from test_personas import CALLERS, KINDS, OWNERS, POLICIES, STRANGERS, applications, ask, expected

import images

OF_AN_IMAGE = ["/v2/cache/nodes/{}/detail", "/v2/cache/{}"]
LISTS = ["/v2/cache/nodes", "/v2/cache/images"]


def get(policy: str, caller: str, path: str) -> webob.Response:
    headers = {"Accept": "application/json", **CALLERS[caller]}
    return webob.Request.blank(path, headers=headers).get_response(applications(policy)[0])


def expected_of_a_list(policy: str, caller: str) -> int:
    """Return the status for a call whose rule has no image to compare with."""
    if policy == OWNERS:
        return 401 if caller in STRANGERS else 403
    return (
        200
        if expected(policy, caller, "public") in (200, 404)
        else expected(policy, caller, "public")
    )


@pytest.mark.parametrize("path", OF_AN_IMAGE)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_a_call_for_an_image_tells_no_more_than_the_list_of_its_nodes(
    policy: str, caller: str, path: str
) -> None:
    for kind, image_id in images.of_every_kind().items():
        answer = get(policy, caller, path.format(image_id))
        if kind == "deleted" and caller == "admin" and policy != OWNERS:
            assert answer.status_int == 200
        else:
            assert answer.status_int == expected(policy, caller, kind), kind


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_a_list(policy: str, caller: str, path: str) -> None:
    assert get(policy, caller, path).status_int == expected_of_a_list(policy, caller)


@pytest.mark.parametrize("caller", [each for each in CALLERS if each not in STRANGERS])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_the_map_has_what_the_list_of_nodes_shows(policy: str, caller: str) -> None:
    ids = images.of_every_kind()
    answer = get(policy, caller, f"/v2/cache/images?image_id=in:{','.join(ids.values())}")
    if answer.status_int != 200:
        assert answer.status_int == 403
        return
    shown = {image["image_id"]: image["cached_nodes"] for image in answer.json["images"]}
    by_itself = {
        ids[kind]: found.json["cached_nodes"]
        for kind in KINDS
        if (found := ask(applications(policy)[0], caller, kind)).status_int == 200
    }
    assert shown == by_itself


@pytest.mark.parametrize("caller", [each for each in CALLERS if each not in STRANGERS])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_leftovers_are_for_admins(policy: str, caller: str) -> None:
    deleted = images.of_every_kind()["deleted"]
    answer = get(policy, caller, f"/v2/cache/images?leftover=true&image_id={deleted}")
    is_admin = caller == "admin" and policy != OWNERS
    assert answer.status_int == (200 if is_admin else 403)
    if is_admin:
        assert [image["image_id"] for image in answer.json["images"]] == [deleted]


@pytest.mark.parametrize("caller", ["admin", "reader"])
def test_how_much_all_caches_hold_is_for_admins(caller: str) -> None:
    rows = get(POLICIES["reader"], caller, "/v2/cache/nodes").json["nodes"]
    assert rows
    for row in rows:
        assert (row["images"] is None) == (row["bytes"] is None) == (caller != "admin")
