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
import waiting

pytestmark = pytest.mark.slow
OPENSTACK = Path(sys.executable).with_name("openstack")

NO_CACHE = {
    "DEFAULT": {"image_cache_dir": None},
    "paste_deploy": {"flavor": "keystone"},
}
LOCAL_DRIVER = {"DEFAULT": {"image_cache_driver": "sqlite"}}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Run a lab whose node1 has no cache, node2 a cache record of its own, and node3 no filter."""
    directory = tmp_path_factory.mktemp("odd") / "lab"
    try:
        labs.up(directory, nodes=2, node_options={1: NO_CACHE, 2: LOCAL_DRIVER})
        yield labs.up(directory, nodes=3, with_filter=False)
    finally:
        labs.down(directory)


@pytest.fixture(scope="module")
def image_id(odd) -> str:
    """Upload an image, which node3 caches, and return its ID."""
    with open_cloud(odd, "lab-admin") as cloud:
        image = cloud.image.create_image(
            "an-image", data=b"data", disk_format="raw", container_format="bare"
        )
    with open_cloud(odd, "lab-node3") as cloud:
        cloud.image.queue_image(image.id)
    assert waiting.until((odd.nodes[2].cache_dir / image.id).exists)
    return image.id


def list_nodes(lab, cloud: str, image_id: str) -> subprocess.CompletedProcess[str]:
    """Run ``openstack cache nodes list``."""
    return subprocess.run(
        [OPENSTACK, "cache", "nodes", "list", image_id, "-f", "json"],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(lab.clouds_file), "OS_CLOUD": cloud},
        capture_output=True,
        text=True,
        timeout=waiting.GIVE_UP,
        check=False,
    )


@pytest.mark.parametrize(
    ("cloud", "reason"), [("lab-node1", "image_cache_dir"), ("lab-node2", "centralized_db")]
)
def test_a_node_that_cannot_answer_says_why(odd, image_id: str, cloud: str, reason: str) -> None:
    done = list_nodes(odd, cloud, image_id)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr.splitlines()[-1]


def test_the_command_reads_the_native_answer_of_glance_33_too(odd, image_id: str) -> None:
    def listed() -> list[dict[str, str]]:
        done = list_nodes(odd, "lab-node3", image_id)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    assert waiting.until(listed)  # the record follows the file
    assert listed() == [{"Node Reference URL": odd.nodes[2].url}]
