# SPDX-License-Identifier: Apache-2.0
"""Owners, members and ids count exactly, also where the database takes ``LAB`` for ``lab``.

MariaDB and MySQL do by their usual collations, and take no account of a space at the end.
"""

from __future__ import annotations

import functools
import uuid

import pytest
import webob

import glance_site
import images

READERS = '"list_cached_nodes": "role:reader"\n"get_image": "@"'


@functools.cache
def application():
    return glance_site.application_with_policy(READERS)[0]


def ask(image_id: str, token: str) -> webob.Response:
    request = webob.Request.blank(f"/v2/cache/nodes/{image_id}", headers={"X-Auth-Token": token})
    return request.get_response(application())


def status(image_id: str, token: str) -> int:
    return ask(image_id, token).status_int


@pytest.mark.parametrize("owner", ["LAB", "Lab", "lab ", "l\u00e4b"])
def test_an_owner_whose_name_only_looks_alike_does_not_count(owner: str) -> None:
    glance_site.application()
    image_id = images.create({"visibility": "private", "owner": owner})
    assert status(image_id, "member") == 404
    assert status(image_id, "admin") == 200


@pytest.mark.parametrize("member", ["OTHER", "Other", "other "])
def test_a_member_whose_name_only_looks_alike_does_not_count(member: str) -> None:
    glance_site.application()
    image_id = images.create(
        {"visibility": "shared", "member": "accepted", "member_id": member}, images.new_id()
    )
    assert status(image_id, "other") == 404
    assert status(image_id, "member") == 200


def test_an_id_in_another_case_is_no_image() -> None:
    glance_site.application()
    image_id = images.create({"visibility": "public"}, f"abcdefab-{str(uuid.uuid4())[9:]}")
    assert status(image_id, "member") == 200
    assert status(image_id.upper(), "member") == 404
    assert status(image_id.upper(), "admin") == 404


def test_a_record_of_an_id_in_another_case_is_not_the_image_s() -> None:
    """A cache directory has files by the names that were asked for, in their case."""
    glance_site.application()
    image_id = images.create(
        {"visibility": "public", "nodes": ()}, f"abcdefab-{str(uuid.uuid4())[9:]}"
    )
    images.record(image_id.upper(), images.NODES[0])
    assert ask(image_id, "admin").json == {"cached_nodes": []}
