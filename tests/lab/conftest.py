# SPDX-License-Identifier: Apache-2.0
"""Real services: ``lab`` is a running lab of two sites, ``connect`` gives clients of it."""

from __future__ import annotations

import contextlib
import os

import pytest
from lab_command import open_cloud, running_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with running_lab(
        tmp_path_factory.mktemp("lab") / "lab", "--sites", "edge1=2,central=1"
    ) as state:
        yield state


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
