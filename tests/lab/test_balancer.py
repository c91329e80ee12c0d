# SPDX-License-Identifier: Apache-2.0
"""A load balancer over two nodes of an old Glance, of which one has the add-on."""

from __future__ import annotations

import os

import openstack
import pytest
import yaml
from test_end_to_end import run, wait_until

import balancer
from glance_cache_nodes.client import CallError, cached_nodes, image_id

pytestmark = pytest.mark.slow
NAME = "ubuntu:22.04"
WITHOUT = "The Glance node that answered cannot list nodes"


@pytest.fixture(scope="module")
def cloud(oldest):
    """Connect as admin to the balancer, which is the cloud ``balanced`` of clouds.yaml."""
    with balancer.round_robin([node.url for node in oldest.nodes[1:]]) as url:
        described = yaml.safe_load(oldest.clouds_file.read_text())
        clouds = described["clouds"]
        clouds["balanced"] = {**clouds["lab-admin"], "image_endpoint_override": url}
        oldest.clouds_file.write_text(yaml.safe_dump(described))
        config = openstack.config.OpenStackConfig(
            config_files=[str(oldest.clouds_file)], load_envvars=False
        )
        with openstack.connection.Connection(config=config.get_one("balanced")) as made:
            yield made


@pytest.fixture(scope="module")
def image(cloud):
    """Return the ID of an image with a colon in its name, which node2 or node3 caches."""
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


def test_every_answer_is_right_or_says_what_is_not_there(oldest, cloud, image) -> None:
    found = outcomes(cloud, image, 8)
    assert len(found) == 2
    assert WITHOUT in found
    assert found - {WITHOUT} <= {node.url for node in oldest.nodes[1:]}


def test_the_image_is_found_by_each_node(cloud, image) -> None:
    assert {image_id(cloud.image, NAME) for _ in range(4)} == {image}
    with pytest.raises(CallError, match=r"^No image no:body, "):
        image_id(cloud.image, "no:body")


@pytest.mark.usefixtures("cloud")
def test_the_command(oldest, image) -> None:
    statuses = set()
    for name in (NAME, image, NAME, image):
        done = run(oldest, "balanced", "openstack", "cache", "nodes", "list", name, "-f", "value")
        statuses.add(done.returncode)
        if done.returncode:
            assert done.stdout == ""
            assert done.stderr.startswith(WITHOUT)
            assert len(done.stderr.splitlines()) == 1
        else:
            assert done.stdout.strip() in {node.url for node in oldest.nodes[1:]}
    assert statuses == {0, 1}  # A name costs three requests and an ID two, so the turns change.
