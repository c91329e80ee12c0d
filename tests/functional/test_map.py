# SPDX-License-Identifier: Apache-2.0
"""The map by HTTP: its statements, its pages while rows come and go, and Glance's limits."""

from __future__ import annotations

import uuid

import glance.db
import pytest
import webob

import contract_fixtures
import glance_site
import images
import statements

MAP = "/v2/cache/images"
COUNT = 60


@pytest.fixture(scope="module", autouse=True)
def ids() -> list[str]:
    """Write images whose ids lie behind those of other tests; return these, in order."""
    glance_site.application()
    made = [f"eee{number:05x}-{str(uuid.uuid4())[9:]}" for number in range(COUNT)]
    for image_id in made:
        images.create({"visibility": "public"}, image_id)
    return made


def get(path: str, token: str = "admin", application=glance_site.call) -> webob.Response:
    headers = {"X-Auth-Token": token, "Accept": "application/json"}
    return webob.Request.blank(path, headers=headers).get_response(application)


def walk(path: str, meanwhile=lambda _: None) -> list[str]:
    """Return the ids of all pages; call a function between two of them."""
    seen = []
    while path:
        page = get(path).json
        seen += [image["image_id"] for image in page["images"]]
        path = page.get("next")
        meanwhile(seen)
    return [each for each in seen if each.startswith("eee")]


@pytest.mark.parametrize("limit", [1, 7, 30, 60, 1000])
def test_a_walk_meets_each_image_once(ids: list[str], limit: int) -> None:
    assert walk(f"{MAP}?marker=eee&limit={limit}") == ids


def test_a_walk_meets_each_image_once_while_rows_come_and_go(ids: list[str]) -> None:
    database, admin = glance.db.get_api(), images.admin_context()
    extra, gone = [], []

    def change(seen: list[str]) -> None:
        """Delete the image that the marker names, and add one before it and one behind it."""
        last = seen[-1]
        if last in ids and last not in gone and len(gone) < 5:
            database.delete_cached_image(admin, last, images.NODES[0])
            database.delete_cached_image(admin, last, images.NODES[1])
            gone.append(last)
            extra.append(images.create({"visibility": "public"}, f"eee00000-{last[9:]}"))
            extra.append(images.create({"visibility": "public"}, f"eeeff000-{last[9:]}"))

    seen = walk(f"{MAP}?marker=eee&limit=7", change)
    assert len(gone) == 5
    assert len(seen) == len(set(seen))
    assert set(ids) <= set(seen) <= {*ids, *extra}
    assert {each for each in extra if each.startswith("eeeff")} <= set(seen)
    for image_id in extra:
        database.image_destroy(admin, image_id)
    for image_id in gone:
        images.record(image_id, images.NODES[0])
        images.record(image_id, images.NODES[1])


@pytest.mark.parametrize("query", ["", "?limit=1000", "?node=http://node1:9292", "?leftover=1"])
@pytest.mark.parametrize("token", ["admin"])
def test_a_page_is_one_statement(query: str, token: str) -> None:
    get(MAP, token)
    with statements.sent() as sent:
        assert get(MAP + query, token).status_int == 200
    assert len(sent) == 1


@pytest.mark.parametrize("path", ["/v2/cache/nodes", "/v2/cache/nodes?near=edge1"])
def test_the_nodes_are_one_statement(path: str) -> None:
    sites = contract_fixtures.Sites()
    sites.start_fixture()
    try:
        with statements.sent() as sent:
            assert get(path).status_int == 200
    finally:
        sites.stop_fixture()
    assert len(sent) == 1


def test_a_page_is_one_statement_for_who_is_no_admin() -> None:
    application = glance_site.application_with_policy('"list_cached_nodes": "role:reader"')[0]
    path = f"{MAP}?marker=eee&limit=50"
    assert len(get(path, "other", application).json["images"]) == 50
    with statements.sent() as sent:
        get(path, "other", application)
    assert len(sent) == 1


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (4, 4), (5, 5), (6, 5), (2**31 - 1, 5)])
def test_a_page_has_at_most_what_glance_allows(asked: int, given: int) -> None:
    glance_site.CONF.set_override("api_limit_max", 5)
    try:
        page = get(f"{MAP}?marker=eee&limit={asked}").json
    finally:
        glance_site.CONF.clear_override("api_limit_max")
    assert len(page["images"]) == given
    assert f"limit={asked}" in page["next"]


def test_a_page_has_25_images_where_no_limit_is_given() -> None:
    assert len(get(f"{MAP}?marker=eee").json["images"]) == 25


def test_a_hundred_ids_are_taken_and_no_more(ids: list[str]) -> None:
    many = [*ids, *(str(uuid.uuid4()) for _ in range(100 - COUNT))]
    assert len(get(f"{MAP}?image_id=in:{','.join(many)}&limit=1000").json["images"]) == COUNT
    assert get(f"{MAP}?image_id=in:{','.join([*many, images.UNKNOWN])}").status_int == 400


def test_a_page_has_only_what_glance_s_rule_get_image_shows(ids: list[str]) -> None:
    """A page may have fewer images than its limit then, as in Glance's own list."""
    rules = f'"list_cached_nodes": "role:reader"\n"get_image": "\'{ids[3]}\':%(id)s"'
    application = glance_site.application_with_policy(rules)[0]
    page = get(f"{MAP}?marker=eee&limit=10", "reader", application).json
    assert [image["image_id"] for image in page["images"]] == [ids[3]]
    assert f"marker={ids[9]}" in page["next"]
