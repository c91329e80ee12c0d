# SPDX-License-Identifier: Apache-2.0
"""Copies of images that Glance has deleted or purged, and IDs that were used again."""

from __future__ import annotations

from pathlib import Path

import glance.db
import pytest
import sqlalchemy as sa
import webob

import glance_site
import images

DELETED, PURGED = "deleted", "purged"


def get(path: str, token: str = "admin") -> webob.Response:
    headers = {"X-Auth-Token": token, "Accept": "application/json"}
    return webob.Request.blank(path, headers=headers).get_response(glance_site.call)


def leftover(kind: str, size: int = 4) -> str:
    """Create an image, delete or purge it, and return its id; its records stay."""
    glance_site.application()
    image_id = images.create({"visibility": "public", "size": size})
    glance.db.get_api().image_destroy(images.admin_context(), image_id)
    if kind == PURGED:
        with glance.db.sqlalchemy.api.get_engine().begin() as connection:
            connection.execute(sa.text("DELETE FROM images WHERE id = :id"), {"id": image_id})
    return image_id


def cached(image_id: str, content: bytes) -> Path:
    path = glance_site.root() / "cache" / image_id
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", [DELETED, PURGED])
def test_an_admin_is_told_of_its_copies(kind: str) -> None:
    image_id = leftover(kind)
    assert get(f"/v2/cache/nodes/{image_id}").status_int == 404  # as by Glance's own route
    rows = get(f"/v2/cache/nodes/{image_id}/detail").json["nodes"]
    assert [row["node"] for row in rows] == ["http://node1:9292", "http://node2:9292"]
    page = get(f"/v2/cache/images?leftover=true&image_id={image_id}").json["images"]
    assert [image["cached_nodes"] for image in page] == [["http://node1:9292", "http://node2:9292"]]
    assert get(f"/v2/cache/images?image_id={image_id}").json["images"] == []


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (DELETED, b"data", ("cached", 4, 4)),
        (DELETED, b"dat", ("damaged", 3, 4)),
        (PURGED, b"dat", ("cached", 3, None)),
        (DELETED, None, ("absent", None, 4)),
        (PURGED, None, ("absent", None, None)),
    ],
)
def test_an_admin_is_told_of_its_file(kind: str, content: bytes | None, expected: tuple) -> None:
    image_id = leftover(kind)
    if content is not None:
        cached(image_id, content)
    told = get(f"/v2/cache/{image_id}").json
    assert (told["state"], told["size"], told["expected_size"]) == expected


def test_a_file_that_nothing_else_knows_of_is_told_to_admins_alone() -> None:
    image_id = images.new_id()
    glance_site.application()
    path = cached(image_id, b"data")
    assert get(f"/v2/cache/{image_id}").json["state"] == "cached"
    assert get(f"/v2/cache/{image_id}", "member").status_int == 403
    path.unlink()
    assert get(f"/v2/cache/{image_id}").status_int == 404


def test_an_id_that_was_used_again_has_the_size_of_the_new_image() -> None:
    image_id = leftover(PURGED)
    cached(image_id, b"data")
    images.create({"visibility": "public", "size": 9, "nodes": ()}, image_id)
    told = get(f"/v2/cache/{image_id}").json
    assert (told["state"], told["expected_size"]) == ("damaged", 9)
    assert get(f"/v2/cache/images?image_id={image_id}").json["images"][0]["cached_nodes"] == [
        "http://node1:9292",
        "http://node2:9292",
    ]
    assert get(f"/v2/cache/images?leftover=1&image_id={image_id}").json["images"] == []


def test_an_id_in_another_case_is_no_leftover() -> None:
    image_id = leftover(DELETED)
    assert get(f"/v2/cache/{image_id.upper()}").status_int == 404
    assert get(f"/v2/cache/nodes/{image_id.upper()}/detail").status_int == 404
