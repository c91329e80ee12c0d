# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes ...`` on real nodes of two sites: edge1 has two, central has one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import openstack_command

pytestmark = pytest.mark.usefixtures("image_id")
DATA = os.urandom(3_000_000)
NAME = "on-many-nodes"


@pytest.fixture(scope="module")
def image_id(connect):
    image = connect("lab-admin").image.create_image(
        NAME, data=DATA, disk_format="raw", container_format="bare", allow_duplicates=True
    )
    yield image.id
    connect("lab-admin").image.delete_image(image.id)


@pytest.fixture
def run(lab, tmp_path: Path):
    """Return a function that runs a command as a user of the lab."""

    def command(*words: str, cloud: str = "lab-admin") -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        settings = {"OS_CLIENT_CONFIG_FILE": str(lab.clouds_file), "OS_CLOUD": cloud}
        environment = {**inherited, **settings, "no_proxy": "127.0.0.1", "COLUMNS": "80"}
        return openstack_command.run(["cache", "nodes", *words], tmp_path, environment)

    return command


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_image_comes_to_a_site_is_saved_from_it_and_goes(run, image_id, tmp_path) -> None:
    nodes = rows(run("list", "--probe", "-f", "json"))
    sites = {row["Node Reference URL"]: row["Site"] for row in nodes}
    edge = sorted(url for url, site in sites.items() if site == "edge1")
    assert (len(sites), len(edge)) == (3, 2)
    assert {row["Status"] for row in nodes} == {"up"}

    queued = run("queue", NAME, "--site", "edge1", "--wait", "-f", "json")
    assert {row["Node Reference URL"]: row["Result"] for row in rows(queued)} == dict.fromkeys(
        edge, "cached"
    )
    assert sum(line.endswith(": cached") for line in queued.stderr.splitlines()) == 2
    again = rows(run("queue", image_id, "--site", "edge1", "--wait", "-f", "json"))
    assert {row["Result"] for row in again} == {"already_cached"}

    detail = rows(run("list", NAME, "--long", "--verify", "--near", "edge1", "-f", "json"))
    states = {row["Node Reference URL"]: (row["State"], row["Size"]) for row in detail}
    assert {url: states[url] for url in edge} == dict.fromkeys(edge, ("confirmed", len(DATA)))
    assert [row["Site"] for row in detail] == ["edge1", "edge1", "central"]
    held = [row["Nodes"] for row in rows(run("map", NAME, "--site", "edge1", "-f", "json"))]
    assert [sorted(urls) for urls in held] == [edge]
    assert "| all 2 " in run("map", NAME).stdout

    saved = run("save", NAME, "--file", "f", "--near", "edge1", "--progress")
    assert saved.returncode == 0, saved.stderr
    assert (tmp_path / "f").read_bytes() == DATA
    last = saved.stderr.splitlines()[-1]
    assert last.endswith(", sha512 is right.")
    assert any(f" from {url}, " in last for url in edge)

    gone = rows(run("delete", NAME, "--all", "-f", "json"))
    results = {row["Node Reference URL"]: row["Result"] for row in gone}
    assert {url: results[url] for url in edge} == dict.fromkeys(edge, "evicted")
    assert run("list", NAME, "--verify", "-f", "value").stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["queue", NAME, "--site", "nowhere"], "There is no site 'nowhere'."),
        (["queue", NAME, "--count", "99"], "not 99"),
        (["queue", NAME, "--node", "http://evil.invalid:1"], "http://evil.invalid:1"),
        (["delete", NAME, "--node", "http://evil.invalid:1"], "http://evil.invalid:1"),
        (["queue", "nobody", "--all"], "No image nobody"),
    ],
)
def test_what_glance_refuses_is_one_line(run, words: list[str], said: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_member_may_not(run) -> None:
    for words, rule in (
        (["queue", NAME, "--all"], "cache_image"),
        (["delete", NAME, "--all"], "cache_delete"),
        (["map"], "list_cached_nodes"),
    ):
        done = run(*words, cloud="lab-member")
        assert done.returncode == 1
        # The image is the admin's: the member may not know of it, whatever the rule says.
        assert f"rule {rule} refuses you" in done.stderr or "No image" in done.stderr
