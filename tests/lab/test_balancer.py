# SPDX-License-Identifier: Apache-2.0
"""A load balancer over two nodes of an old Glance, of which one has the add-on."""

from __future__ import annotations

import os
from pathlib import Path

import openstack
import pytest
import yaml
from lab_command import run_lab, running_lab
from test_end_to_end import run, wait_until

import balancer
from glance_cache_nodes.client import CallError, cached_nodes, image_id
from glance_cache_nodes_lab import load
from releases import OLDEST

pytestmark = pytest.mark.slow
ENVIRONMENTS = Path(__file__).parents[2] / "build/environments"
NAME = "ubuntu:22.04"
WITHOUT = "The Glance node that answered cannot list nodes"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Run a lab whose node1 has the filter, and node2 not."""
    directory = tmp_path_factory.mktemp("mixed") / "lab"
    words = ["--release", OLDEST, "--nodes", "1", "--environments", ENVIRONMENTS]
    with running_lab(directory, *words):
        words = ["--without-filter", "--nodes", "2", "--environments", ENVIRONMENTS]
        done = run_lab("up", directory, *words)
        assert done.returncode == 0, done.stderr
        yield load(directory)


@pytest.fixture(scope="module")
def cloud(mixed):
    """Connect as admin to the balancer, which is the cloud ``balanced`` of clouds.yaml."""
    with balancer.round_robin([node.url for node in mixed.nodes]) as url:
        described = yaml.safe_load(mixed.clouds_file.read_text())
        clouds = described["clouds"]
        clouds["balanced"] = {**clouds["lab-admin"], "image_endpoint_override": url}
        mixed.clouds_file.write_text(yaml.safe_dump(described))
        config = openstack.config.OpenStackConfig(
            config_files=[str(mixed.clouds_file)], load_envvars=False
        )
        with openstack.connection.Connection(config=config.get_one("balanced")) as made:
            yield made


@pytest.fixture(scope="module")
def image(cloud):
    """Return the ID of an image with a colon in its name, which node1 or node2 caches."""
    made = cloud.image.create_image(
        NAME,
        data=os.urandom(1 << 16),
        disk_format="raw",
        container_format="bare",
        allow_duplicates=True,
    )
    cloud.image.queue_image(made.id)
    wait_until(lambda: outcomes(cloud, made.id, 2) - {"", WITHOUT})
    return made.id


def outcome(cloud, image: str) -> str:
    """Return the nodes, or the begin of what is said instead."""
    try:
        return " ".join(map(str, cached_nodes(cloud.image, image)))
    except CallError as failure:
        return str(failure)[: len(WITHOUT)]


def outcomes(cloud, image: str, times: int) -> set[str]:
    return {outcome(cloud, image) for _ in range(times)}


def test_every_answer_is_right_or_says_what_is_not_there(mixed, cloud, image) -> None:
    found = outcomes(cloud, image, 8)
    assert len(found) == 2
    assert WITHOUT in found
    assert found - {WITHOUT} <= {node.url for node in mixed.nodes}


def test_the_image_is_found_by_each_node(cloud, image) -> None:
    assert {image_id(cloud.image, NAME) for _ in range(4)} == {image}
    with pytest.raises(CallError, match=r"^No image no:body, "):
        image_id(cloud.image, "no:body")


@pytest.mark.usefixtures("cloud")
def test_the_command(mixed, image) -> None:
    statuses = set()
    for name in (NAME, image, NAME, image):
        done = run(mixed, "balanced", "openstack", "cache", "nodes", "list", name, "-f", "value")
        statuses.add(done.returncode)
        if done.returncode:
            assert done.stdout == ""
            assert done.stderr.startswith(WITHOUT)
            assert len(done.stderr.splitlines()) == 1
        else:
            assert done.stdout.strip() in {node.url for node in mixed.nodes}
    assert statuses == {0, 1}  # A name costs three requests and an ID two, so the turns change.
