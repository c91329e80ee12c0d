# SPDX-License-Identifier: Apache-2.0
"""The queries of nodes, copies and the map, on the tables of real Glance."""

from __future__ import annotations

import uuid

import glance.db
import pytest
from oslo_config import cfg

import glance_site
import images
from glance_cache_nodes import conf
from glance_cache_nodes.db import image_copies, nodes
from glance_cache_nodes.db import images as map_of_images
from glance_cache_nodes.db.database import Database

NODE1, NODE2, NODE3 = images.NODES


@pytest.fixture(scope="module")
def database() -> Database:
    glance_site.application()
    conf.register(cfg.CONF)
    return Database(cfg.CONF)


@pytest.fixture(scope="module", autouse=True)
def made() -> dict[str, str]:
    """Write images in the order of their ids, which lie behind those of other tests."""
    glance_site.application()
    kinds = {
        "public": {"visibility": "public", "name": "ubuntu"},
        "private": {"visibility": "private", "nodes": (NODE3,)},
        "empty": {"visibility": "public", "nodes": ()},
        "deleted": {"visibility": "private", "deleted": True},
        "shared": {"visibility": "shared", "member": "accepted", "nodes": (NODE2,)},
    }
    ids = {
        name: images.create(kind, f"fff{number}{str(uuid.uuid4())[4:]}")
        for number, (name, kind) in enumerate(kinds.items())
    }
    ids["purged"] = f"fff9{str(uuid.uuid4())[4:]}"
    images.record(ids["purged"], NODE1)
    return ids


def names(made: dict[str, str], page) -> list[str]:
    return [name for image in page for name, each in made.items() if each == image.id]


def context(project: str = "lab"):
    """Return an admin of the project lab, or a member of another one."""
    glance_site.application()
    return images.context_of(project, ["reader", "admin" if project == "lab" else "member"])


def find(
    database: Database, project: str = "lab", marker: str = "fff", limit: int = 100, **filters
):
    filters = map_of_images.Filters(**filters)
    return map_of_images.find(
        database,
        context(project),
        filters,
        columns=map_of_images.COLUMNS,
        marker=marker,
        limit=limit,
    )


def test_all_nodes_and_what_they_hold(database: Database) -> None:
    found = {node.url: node for node in nodes.find_all(database)}
    assert list(found) == nodes.find_urls(database) == sorted(found)
    assert set(images.NODES) <= set(found)
    node = found[NODE3]
    assert (node.bytes, type(node.bytes)) == (42 * node.images, int)
    assert node.images >= 1
    assert node.last_accessed.year >= 2024


def test_a_node_without_images_is_there(database: Database) -> None:
    url = f"http://{uuid.uuid4()}"
    glance.db.get_api().node_reference_create(images.admin_context(), url)
    assert nodes.Node(url, 0, 0, None) in nodes.find_all(database)


def test_the_copies_of_an_image(database: Database, made) -> None:
    copies = image_copies.find(database, made["public"])
    assert [copy.node for copy in copies] == [NODE1, NODE2]
    assert (copies[0].size, copies[0].hits) == (42, 0)
    assert copies[0].last_accessed.year >= 2024
    assert image_copies.find(database, made["public"].upper()) == []
    assert image_copies.find(database, images.UNKNOWN) == []


def test_the_map_has_what_a_node_holds_with_all_its_nodes(database: Database, made) -> None:
    page, following = find(database)
    assert names(made, page) == ["public", "private", "shared"]
    assert following is None
    first = page[0]
    assert first.nodes == [NODE1, NODE2]
    assert (first.attributes["name"], first.attributes["status"]) == ("ubuntu", "active")


@pytest.mark.parametrize(
    ("project", "expected"),
    [("lab", ["public", "private", "shared"]), ("other", ["public", "shared"])],
)
def test_the_map_has_what_the_caller_may_see(database, made, project, expected) -> None:
    assert names(made, find(database, project)[0]) == expected
    asked = find(database, project, ids=set(made.values()))[0]
    assert names(made, asked) == [*expected[:-1], "empty", expected[-1]]


def test_leftovers(database: Database, made) -> None:
    page = find(database, leftover=True)[0]
    assert names(made, page) == ["deleted", "purged"]
    deleted, purged = page
    assert deleted.attributes["name"] == "image"
    assert set(purged.attributes.values()) == {None}
    assert purged.nodes == [NODE1]
    assert names(made, find(database, leftover=True, ids={made["purged"]})[0]) == ["purged"]


def test_filters(database: Database, made) -> None:
    assert names(made, find(database, nodes={NODE3})[0]) == ["private"]
    assert names(made, find(database, nodes={NODE2, "http://none"})[0]) == ["public", "shared"]
    assert find(database, nodes={"http://none"}) == ([], None)
    assert find(database, nodes=set()) == ([], None)
    page = find(database, nodes={NODE1}, ids={made["public"], made["shared"]})[0]
    assert [image.nodes for image in page] == [[NODE1, NODE2]]
    upper = {made["public"].upper()}
    assert find(database, ids=upper) == ([], None)


def test_pages(database: Database, made) -> None:
    seen, marker = [], "fff"
    while marker is not None:
        page, marker = find(database, marker=marker, limit=2)
        seen.append(names(made, page))
    assert seen == [["public", "private"], ["shared"]]
    assert names(made, find(database, marker=made["public"], limit=1)[0]) == ["private"]
    gone = "fff00000-0000-4000-8000-000000000000"
    assert names(made, find(database, marker=gone)[0]) == ["public", "private", "shared"]
