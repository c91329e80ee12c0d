# SPDX-License-Identifier: Apache-2.0
"""Application credentials whose access rules name only some paths, with real Keystone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3

import waiting

RECORD = ("GET", "/v2/cache/nodes/*")
DETAIL = ("GET", "/v2/cache/nodes/*/detail")
NODE = ("GET", "/v2/cache/*")
PLACE = (("PUT", "/v2/cache/nodes/*"), ("PUT", "/v2/cache/*"))


@pytest.fixture
def restricted(lab, connect) -> Iterator:
    """Give a function from access rules to an adapter for the first node."""
    identity = connect("lab-admin").identity
    user = connect("lab-admin").current_user_id
    with contextlib.ExitStack() as made:

        def credential(*rules: tuple[str, str]) -> adapter.Adapter:
            named = [{"service": "image", "method": one, "path": path} for one, path in rules]
            new = identity.create_application_credential(
                user, f"of {len(rules)} rules", access_rules=named
            )
            made.callback(identity.delete_application_credential, user, new)
            auth = v3.ApplicationCredential(
                lab.keystone.url,
                application_credential_id=new.id,
                application_credential_secret=new.secret,
            )
            opened = session.Session(auth)
            made.callback(opened.session.close)
            return adapter.Adapter(opened, endpoint_override=lab.nodes[0].url, raise_exc=False)

        yield credential


def states(answer) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {row["node"]: row["state"] for row in answer.json()["nodes"]}


def test_the_record_needs_one_rule(restricted, image) -> None:
    of_record = restricted(RECORD)
    assert of_record.get(f"/v2/cache/nodes/{image.id}").json() == {"cached_nodes": []}
    assert of_record.get(f"/v2/cache/nodes/{image.id}/detail").status_code == 401
    assert of_record.get(f"/v2/images/{image.id}").status_code == 401


def test_the_other_nodes_name_the_rule_that_they_need(lab, restricted, image) -> None:
    path = f"/v2/cache/nodes/{image.id}/detail?verify=true"
    first, *others = [node.url for node in lab.nodes]
    found = restricted(DETAIL).get(path)
    assert states(found) == {first: "absent", **dict.fromkeys(others, "refused")}
    for row in found.json()["nodes"][1:]:
        assert "access rule for GET /v2/cache/{image_id} of image" in row["reason"]
    assert states(restricted(DETAIL, NODE).get(path)) == dict.fromkeys([first, *others], "absent")


def test_placing_with_the_rules_that_the_guide_names(lab, restricted, image) -> None:
    caller = restricted(RECORD, DETAIL, NODE, *PLACE)
    told = caller.put(f"/v2/cache/nodes/{image.id}", json={"all": True})
    assert told.status_code == 202, told.text
    assert {row["result"] for row in told.json()["results"]} == {"queued"}
    path = f"/v2/cache/nodes/{image.id}/detail?verify=true"
    everywhere = dict.fromkeys((node.url for node in lab.nodes), "confirmed")
    assert waiting.until(lambda: states(caller.get(path)) == everywhere)
