# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes list``, run as the command that a person types."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest

import openstack_command

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = "Node Reference URL"


@pytest.fixture
def glance() -> Iterator[canned.CannedGlance]:
    with canned.serve() as running:
        running.say(canned.OBJECT)
        yield running


def openstack(
    home: Path, endpoint: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the real shell in an environment in which no cloud is configured."""
    auth = ["--os-auth-type", "admin_token", "--os-token", canned.TOKEN, "--os-endpoint", endpoint]
    words = [*auth, "cache", "nodes", "list", *arguments]
    usual = {"HOME": str(home), "LC_ALL": "C.UTF-8", "COLUMNS": "80"}
    return openstack_command.run(words, home, {**usual, **environment})


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of a failure."""
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert canned.TOKEN not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("value", "http://node_1:60999\nhttp://node_2:60999\n"),
        ("csv", f'"{HEADING}"\n"http://node_1:60999"\n"http://node_2:60999"\n'),
        ("yaml", f"- {HEADING}: http://node_1:60999\n- {HEADING}: http://node_2:60999\n"),
    ],
)
def test_each_format(glance: canned.CannedGlance, tmp_path: Path, form: str, expected: str) -> None:
    done = openstack(tmp_path, glance.url, canned.IMAGE_ID, "-f", form)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_json_of_a_native_answer(glance: canned.CannedGlance, tmp_path: Path) -> None:
    glance.say(canned.BARE_LIST)
    done = openstack(tmp_path, glance.url, canned.IMAGE_ID, "-f", "json")
    assert json.loads(done.stdout) == [{HEADING: url} for url in sorted(canned.URLS)]


def test_the_table_has_one_column(glance: canned.CannedGlance, tmp_path: Path) -> None:
    done = openstack(tmp_path, glance.url, canned.IMAGE_ID)
    assert f"| {HEADING}  |" in done.stdout
    assert "| http://node_1:60999 |" in done.stdout


@pytest.mark.parametrize("name", ["cirros", "ubuntu:22.04", "in:a,b"])
def test_a_name(glance: canned.CannedGlance, tmp_path: Path, name: str) -> None:
    glance.name(name)
    done = openstack(tmp_path, glance.url, name, "-f", "value")
    assert (done.stdout.splitlines(), done.stderr) == (sorted(canned.URLS), "")
    assert {asked.method for asked in glance.asked} == {"GET"}


@pytest.mark.parametrize("ending", ["", "/v2"])
def test_the_endpoint_override_from_the_environment(
    glance: canned.CannedGlance, tmp_path: Path, ending: str
) -> None:
    override = glance.url + ending
    done = openstack(
        tmp_path,
        "http://127.0.0.1:1",
        canned.IMAGE_ID,
        "-f",
        "value",
        OS_IMAGE_ENDPOINT_OVERRIDE=override,
    )
    assert done.stdout.splitlines() == sorted(canned.URLS)


def test_a_cloud_without_keystone_and_its_endpoint_override_in_clouds_yaml(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    clouds = {
        "auth_type": "none",
        "auth": {"endpoint": "http://127.0.0.1:1"},
        "image_endpoint_override": glance.url,
    }
    file = tmp_path / "clouds.yaml"
    file.write_text(json.dumps({"clouds": {"one": clouds}}))
    words = ["--os-cloud", "one", "cache", "nodes", "list", canned.IMAGE_ID, "-f", "value"]
    named = {"HOME": str(tmp_path), "OS_CLIENT_CONFIG_FILE": str(file)}
    done = openstack_command.run(words, tmp_path, named)
    assert done.stdout.splitlines() == sorted(canned.URLS)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (canned.UNAUTHORIZED, "does not accept the token"),
        (canned.FORBIDDEN, "rule list_cached_nodes refuses you"),
        (canned.NO_IMAGE, f"No image {canned.IMAGE_ID}"),
        (canned.CACHING_OFF, "Each Glance node needs image_cache_dir"),
        (canned.NOT_CENTRAL, "image_cache_driver = centralized_db"),
    ],
)
def test_each_refusal_is_one_line(
    glance: canned.CannedGlance, tmp_path: Path, answer: canned.Answer, words: str
) -> None:
    glance.say(answer)
    assert words in only_line(openstack(tmp_path, glance.url, canned.IMAGE_ID))


def test_a_glance_without_the_call(glance: canned.CannedGlance, tmp_path: Path) -> None:
    glance.say(canned.NO_ROUTE)
    done = openstack(tmp_path, glance.url, canned.IMAGE_ID)
    assert "install glance-cache-nodes on every Glance node" in only_line(done)


@pytest.mark.parametrize(
    ("names", "begin"),
    [
        ([], "No image cirros, or you may not see it: "),
        (["cirros", "cirros"], "More than one image has the name cirros; give an ID: "),
    ],
    ids=["unknown", "ambiguous"],
)
def test_a_name_that_is_not_of_one_image(
    glance: canned.CannedGlance, tmp_path: Path, names: list[str], begin: str
) -> None:
    glance.name(*names)
    assert only_line(openstack(tmp_path, glance.url, "cirros")).startswith(begin)


@pytest.mark.parametrize(
    "path", [canned.NODES_PATH, f"/v2/images/{canned.IMAGE_ID}", "/v2/images"], ids=str
)
def test_a_503_comes_at_once(glance: canned.CannedGlance, tmp_path: Path, path: str) -> None:
    glance.answers["GET", path] = canned.DATABASE_DOWN
    image = "cirros" if path == "/v2/images" else canned.IMAGE_ID
    assert "Try again in 5 s." in only_line(openstack(tmp_path, glance.url, image))
    # openstacksdk alone would repeat it five times.
    asked = [each.path.partition("?")[0] for each in glance.asked]
    assert (asked.count(path), asked[-1]) == (1, path)


def test_nobody_listens(tmp_path: Path) -> None:
    done = openstack(tmp_path, "http://127.0.0.1:1", canned.IMAGE_ID)
    assert "cannot be reached" in only_line(done)
