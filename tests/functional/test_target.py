# SPDX-License-Identifier: Apache-2.0
"""A rule of ours compares with the image as Glance's own rules do.

The same check stands for ``list_cached_nodes`` and for ``get_image``. Glance without the filter
is asked for the image, which it shows or not, and we for its nodes.
"""

from __future__ import annotations

import functools
import logging
from pathlib import Path

import glance.db
import pytest
import webob

import glance_site
import images
import statements

PROPERTIES = {"classification": "secret", "empty": "", "Colour": "red", "owner": "nobody"}
HASH = "5" * 128
COLUMNS = {
    "name": "image",
    "min_disk": 7,
    "min_ram": 512,
    "size": 42,
    "disk_format": "qcow2",
    "container_format": "bare",
    "checksum": "9" * 32,
    "os_hash_algo": "sha512",
    "os_hash_value": HASH,
}

CHECKS = {
    "a property": "'secret':%(classification)s",
    "another value of it": "'public':%(classification)s",
    "not a property": "not 'secret':%(classification)s",
    "not another value of it": "not 'public':%(classification)s",
    "a property without a value": "'':%(empty)s",
    "a name with a capital": "'red':%(Colour)s",
    "a name in another case": "'red':%(colour)s",
    "no such property": "'secret':%(no_such_property)s",
    "not such a property": "not 'secret':%(no_such_property)s",
    "a property that was removed": "'gone':%(removed)s",
    "a property with the name of a column": "'nobody':%(owner)s",
    "the project": "project_id:%(project_id)s",
    "the id": "'{id}':%(id)s",
    "the id by its other name": "'{id}':%(image_id)s",
    "no member": "'None':%(member)s",
    "protection": "'False':%(protected)s",
    "a column without a value": "'None':%(virtual_size)s",
    **{f"the column {name}": f"'{value}':%({name})s" for name, value in COLUMNS.items()},
}


@pytest.fixture(scope="module")
def image_id() -> str:
    glance_site.application()
    created = images.create({"visibility": "private"})
    database, admin = glance.db.get_api(), images.admin_context()
    values = {name: value for name, value in COLUMNS.items() if name != "name"}
    database.image_update(
        admin, created, {**values, "properties": {**PROPERTIES, "removed": "gone"}}
    )
    database.image_update(admin, created, {"properties": PROPERTIES}, purge_props=True)
    return created


def ask(application, path: str, token: str = "member") -> webob.Response:
    return webob.Request.blank(path, headers={"X-Auth-Token": token}).get_response(application)


@functools.cache
def policy_file() -> Path:
    glance_site.application()
    path = glance_site.root() / "target-policy.yaml"
    path.touch()
    return path


@functools.cache
def applications():
    """Return Glance with the filter and without it, under the same file."""
    return glance_site.applications_on(policy_file())


def under(list_cached_nodes: str, get_image: str = "role:reader") -> tuple[object, object]:
    """Return Glance with the filter and without it, under these rules."""
    rules = f'"list_cached_nodes": "{list_cached_nodes}"\n"get_image": "{get_image}"\n'
    policy_file().write_text(rules)
    return applications()


def both(check: str, image_id: str) -> tuple[webob.Response, webob.Response]:
    """Return our answer and Glance's own, each under this check."""
    check = check.replace("{id}", image_id)
    ours, native = under(check, check)
    return ask(ours, f"/v2/cache/nodes/{image_id}"), ask(native, f"/v2/images/{image_id}")


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_check_says_of_an_image_what_it_says_in_glance(check: str, image_id: str) -> None:
    ours, native = both(check, image_id)
    assert native.status_int in (200, 404)
    assert (ours.status_int == 200) == (native.status_int == 200)


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
def test_the_times_are_there_for_a_check(name: str, image_id: str) -> None:
    ours, native = both(f"not 'never':%({name})s", image_id)
    assert (ours.status_int, native.status_int) == (200, 200)
    ours, native = both(f"'None':%({name})s", image_id)
    assert (ours.status_int, native.status_int) == (403, 404)


@pytest.mark.parametrize(
    ("check", "number"),
    [
        ("role:member", 1),
        ("project_id:%(owner)s", 1),
        ("not 'secret':%(no_such_property)s", 2),
        ("'secret':%(classification)s and '42':%(size)s", 2),
    ],
)
def test_only_a_rule_that_looks_at_a_property_costs_a_statement(
    check: str, number: int, image_id: str
) -> None:
    ours, _ = under(check)
    ask(ours, f"/v2/cache/nodes/{image_id}")  # what a connection costs once is not counted
    with statements.sent() as sent:
        assert ask(ours, f"/v2/cache/nodes/{image_id}").status_int == 200
    assert len(sent) == number


def test_a_log_of_the_level_debug_does_not_load_what_no_rule_looks_at(image_id: str) -> None:
    """oslo.policy writes the target of each rule to it."""
    ours, _ = under("role:admin")
    log = logging.getLogger("oslo_policy.policy")
    log.setLevel(logging.DEBUG)
    try:
        with statements.sent() as sent:
            assert ask(ours, f"/v2/cache/nodes/{image_id}").status_int == 403
    finally:
        log.setLevel(logging.NOTSET)
    assert sent == []


def test_get_image_is_asked_with_the_properties_too(image_id: str) -> None:
    ours, native = under("role:reader", "not 'secret':%(classification)s")
    other = images.create({"visibility": "private"})
    for each, status in ((image_id, 404), (other, 200)):
        assert ask(ours, f"/v2/cache/nodes/{each}").status_int == status
        assert ask(native, f"/v2/images/{each}").status_int == status


def test_a_hidden_image_s_answer_is_that_of_an_unknown_one(image_id: str) -> None:
    ours, _ = under("role:reader", "!")
    refused, unknown = (ask(ours, f"/v2/cache/nodes/{each}") for each in (image_id, images.UNKNOWN))
    assert refused.status == unknown.status == "404 Not Found"
    assert refused.text.replace(image_id, images.UNKNOWN) == unknown.text


def test_of_an_image_that_the_caller_may_not_see_no_property_is_read(image_id: str) -> None:
    ours, _ = under("not 'secret':%(classification)s")
    ask(ours, f"/v2/cache/nodes/{image_id}", "other")
    with statements.sent() as sent:
        assert ask(ours, f"/v2/cache/nodes/{image_id}", "other").status_int == 404
    assert len(sent) == 1


@pytest.fixture
def protections(tmp_path):
    """Let only the role reader read the property classification, and nobody any other."""
    file = tmp_path / "protections.conf"
    operations = "create = {0}\nread = {0}\nupdate = {0}\ndelete = {0}\n"
    text = f"[^classification$]\n{operations.format('reader')}\n[.*]\n{operations.format('!')}"
    file.write_text(text)
    glance_site.CONF.set_override("property_protection_file", str(file))
    yield
    glance_site.CONF.clear_override("property_protection_file")


@pytest.mark.usefixtures("protections")
@pytest.mark.parametrize(
    ("check", "status"), [("'secret':%(classification)s", 200), ("'red':%(Colour)s", 404)]
)
def test_a_property_that_the_caller_may_not_read_is_not_there(
    check: str, status: int, image_id: str
) -> None:
    ours, native = both(check, image_id)
    assert native.status_int == status
    assert (ours.status_int == 200) == (status == 200)
