# SPDX-License-Identifier: Apache-2.0
"""Real services: ``lab`` is a running lab of two sites, ``connect`` gives clients of it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from lab_command import open_cloud, run_lab, running_lab

from glance_cache_nodes_lab import load
from releases import OLDEST

# Kept from run to run: only the first one installs.
KEPT = Path(__file__).parents[2] / "build/environments"


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with running_lab(
        tmp_path_factory.mktemp("lab") / "lab", "--sites", "edge1=2,central=1"
    ) as state:
        yield state


@pytest.fixture(scope="session")
def oldest(tmp_path_factory):
    """Run a lab of the oldest Glance: node1 and node2 with the filter, node3 without it."""
    directory, environments = tmp_path_factory.mktemp("oldest") / "lab", ("--environments", KEPT)
    with running_lab(directory, "--release", OLDEST, "--nodes", "2", *environments):
        done = run_lab("up", directory, "--without-filter", "--nodes", "3", *environments)
        assert done.returncode == 0, done.stderr
        yield load(directory)


@pytest.fixture(scope="session")
def connect(lab):
    """Return a function from a cloud's name, such as ``lab-admin``, to its connection."""
    with contextlib.ExitStack() as stack:
        made = {}

        def connection(cloud):
            if cloud not in made:
                made[cloud] = stack.enter_context(open_cloud(lab, cloud))
            return made[cloud]

        # requests would send what is meant for loopback to a proxy.
        before = os.environ.get("no_proxy")
        os.environ["no_proxy"] = "127.0.0.1"
        yield connection
        os.environ.pop("no_proxy") if before is None else os.environ.update(no_proxy=before)


@pytest.fixture
def image(connect):
    """Return a fresh private image of the project lab; it is deleted in the end."""
    images = connect("lab-admin").image
    made = images.create_image(
        f"image-{time.monotonic_ns()}",
        data=os.urandom(1 << 16),
        disk_format="raw",
        container_format="bare",
        visibility="private",
        allow_duplicates=True,
    )
    yield made
    images.delete_image(made.id, ignore_missing=True)
