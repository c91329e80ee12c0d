# SPDX-License-Identifier: Apache-2.0
"""Clouds that are set up otherwise: nodes that cannot answer, and Glance without the add-on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab_command import open_cloud

import glance_cache_nodes_lab as labs

OPENSTACK = Path(sys.executable).with_name("openstack")
BOUND = 60  # seconds

NO_CACHE = {
    "DEFAULT": {"image_cache_dir": None},
    "paste_deploy": {"flavor": "keystone"},
}
LOCAL_DRIVER = {"DEFAULT": {"image_cache_driver": "sqlite"}}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Run a lab whose node1 has no cache and node2 keeps its record to itself."""
    directory = tmp_path_factory.mktemp("odd") / "lab"
    try:
        yield labs.up(directory, nodes=2, node_options={1: NO_CACHE, 2: LOCAL_DRIVER})
    finally:
        labs.down(directory)


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    """Run a lab of Glance as it is, without the filter."""
    directory = tmp_path_factory.mktemp("native") / "lab"
    try:
        yield labs.up(directory, nodes=1, with_filter=False)
    finally:
        labs.down(directory)


def upload(lab, *, cache: bool) -> str:
    """Upload an image, let node1 cache it if asked for, and return its id."""
    with open_cloud(lab, "lab-admin") as cloud:
        image = cloud.image.create_image(
            "an-image", data=b"data", disk_format="raw", container_format="bare"
        )
        if cache:
            cloud.image.queue_image(image.id)
    return image.id


def list_nodes(lab, cloud: str, image_id: str) -> subprocess.CompletedProcess[str]:
    """Run ``openstack cache nodes list``."""
    return subprocess.run(
        [OPENSTACK, "cache", "nodes", "list", image_id, "-f", "json"],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(lab.clouds_file), "OS_CLOUD": cloud},
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )


@pytest.mark.parametrize(
    ("cloud", "reason"), [("lab-node1", "image_cache_dir"), ("lab-node2", "centralized_db")]
)
def test_a_node_that_cannot_answer_says_why(odd, cloud: str, reason: str) -> None:
    done = list_nodes(odd, cloud, upload(odd, cache=False))
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr.splitlines()[-1]


def test_the_command_reads_the_native_answer_of_glance_33_too(native) -> None:
    image_id = upload(native, cache=True)
    for _ in range(100):
        done = list_nodes(native, "lab-admin", image_id)
        assert (done.returncode, done.stderr) == (0, "")
        if json.loads(done.stdout):
            break
    assert json.loads(done.stdout) == [{"Node Reference URL": native.nodes[0].url}]
