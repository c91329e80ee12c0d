# SPDX-License-Identifier: Apache-2.0
"""What a lab that is up is good for."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import openstack.exceptions
import pytest
import yaml
from lab_command import run_lab, share_an_image

import waiting


def create_image(connection, name, **attributes):
    attributes = {"disk_format": "raw", "container_format": "bare", **attributes}
    return connection.image.create_image(name, data=os.urandom(20_000), **attributes)


def queue(connection, image):
    answer = connection.image.put(f"/cache/{image.id}")
    assert answer.status_code == 202, answer.text


def is_cached(node, image):
    return waiting.until((node.cache_dir / image.id).is_file)


def test_status_shows_each_service(lab):
    done = run_lab("status", lab.directory)
    assert done.returncode == 0
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["name", "site", "state", "pid", "url", "log"]
    assert [row.split()[:3] for row in rows] == [
        ["keystone", "-", "running"],
        ["node1", "edge1", "running"],
        ["node2", "edge1", "running"],
        ["node3", "central", "running"],
    ]


def test_status_as_json(lab):
    told = json.loads(run_lab("status", lab.directory, "--json").stdout)
    assert told["keystone_url"] == lab.keystone_url
    assert told["clouds_file"] == str(lab.clouds_file)
    assert [each["url"] for each in told["services"]] == [each.url for each in lab.services]
    assert {each["state"] for each in told["services"]} == {"running"}
    assert [each["site"] for each in told["services"]] == [None, "edge1", "edge1", "central"]


def test_the_sites_file_names_each_node_and_all_nodes_read_it(lab):
    edge1, central = [node.url for node in lab.nodes[:2]], [lab.nodes[2].url]
    assert yaml.safe_load((lab.directory / "sites.yaml").read_text()) == {
        "edge1": {"nodes": edge1, "near": ["central"]},
        "central": {"nodes": central, "near": ["edge1"]},
    }
    for node in lab.nodes:
        text = (node.directory / "glance-api.conf").read_text()
        assert f"[cache_nodes]\nsites_file = {lab.directory}/sites.yaml\n" in text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--sites", "edge1=1,central=1"), "site 'edge1' of the lab in {} has 2 nodes and cannot"),
        (("--sites", "edge1=2"), "site 'central' of the lab in {} has 1 nodes and cannot"),
        (("--nodes", "4"), "the lab in {} has sites; add nodes to them with --sites"),
    ],
)
def test_a_site_does_not_shrink_and_a_node_has_one(words, reason, lab):
    done = run_lab("up", lab.directory, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason.format(lab.directory) in done.stderr


def test_an_image_is_cached_on_the_node_that_is_asked(lab, connect):
    image = create_image(connect("lab-admin"), "cached on node 2")
    queue(connect("lab-node2"), image)
    assert is_cached(lab.nodes[1], image)
    assert not (lab.nodes[0].cache_dir / image.id).exists()


def test_the_filter_answers_on_every_node(lab, connect):
    image = create_image(connect("lab-admin"), "looked up everywhere")
    queue(connect("lab-node3"), image)
    assert is_cached(lab.nodes[2], image)
    for node in lab.nodes:
        answer = connect(f"lab-{node.name}").image.get(
            f"/cache/nodes/{image.id}", headers={"User-Agent": "curl"}
        )
        assert answer.json() == {"cached_nodes": [lab.nodes[2].url]}


def test_users_have_the_rights_of_their_roles(connect):
    image = create_image(connect("lab-member"), "of the project lab", visibility="private")
    assert connect("lab-reader").image.get_image(image.id).name == "of the project lab"
    with pytest.raises(openstack.exceptions.ForbiddenException):
        create_image(connect("lab-reader"), "by a reader")
    with pytest.raises(openstack.exceptions.NotFoundException):
        connect("lab-other").image.get_image(image.id)
    with pytest.raises(openstack.exceptions.ForbiddenException):
        list(connect("lab-member").identity.users())


def test_another_project_gets_an_image_that_is_shared_with_it(connect):
    assert share_an_image(connect("lab-admin"), connect("lab-other")) == (404, 200)


def test_concurrent_uploads_and_caching_need_no_second_try(lab, connect):
    def flow(number):
        here, there = lab.nodes[number % 3], lab.nodes[(number + 1) % 3]
        image = create_image(connect(f"lab-{here.name}"), f"flow {number}")
        queue(connect(f"lab-{there.name}"), image)
        return is_cached(there, image)

    for node in lab.nodes:
        connect(f"lab-{node.name}").image.get_endpoint()
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(flow, range(12)))
    for service in lab.services:
        assert "database is locked" not in service.log.read_text()


def test_passwords_are_for_their_owner_only(lab):
    assert stat.S_IMODE(lab.directory.stat().st_mode) == 0o700
    secret = lab.passwords["admin"]
    holders = [
        path
        for path in lab.directory.rglob("*")
        if path.is_file() and secret in path.read_text(errors="replace")
    ]
    assert lab.clouds_file in holders
    assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}
    assert not [path for path in holders if path.suffix == ".log"]


def test_a_second_up_leaves_what_runs(lab):
    before = [each.process for each in lab.services]
    done = run_lab("up", lab.directory, "--json")
    assert done.returncode == 0
    assert [each["pid"] for each in json.loads(done.stdout)["services"]] == [
        process.pid for process in before
    ]
