# SPDX-License-Identifier: Apache-2.0
"""The command as a person runs it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import openstack

from glance_cache_nodes_lab import load

COMMAND = Path(sys.executable).with_name("glance-cache-nodes")


def run_lab(verb, directory, *words):
    """Run ``glance-cache-nodes lab`` as a person does, and return how it ended.

    Where the tests are interrupted it ends in its own way, and leaves nothing behind.
    """
    argv = [COMMAND, "lab", verb, "--dir", directory, *words]
    # In a session of its own, so that it gets no signal that is meant for the tests.
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            printed = process.communicate()
        except BaseException:
            if verb == "up":
                process.terminate()
            raise
    return subprocess.CompletedProcess(argv, process.returncode, *printed)


def open_cloud(lab, cloud):
    """Return the connection of a cloud of the lab, such as ``lab-admin``; it is to be closed."""
    config = openstack.config.OpenStackConfig(
        config_files=[str(lab.clouds_file)], load_envvars=False
    )
    return openstack.connection.Connection(config=config.get_one(cloud))


def share_an_image(owner, other):
    """Share an image with another project; return what that one gets of it, before and after."""
    image = owner.image.create_image(
        "shared",
        data=b"data",
        disk_format="raw",
        container_format="bare",
        visibility="shared",
        allow_duplicates=True,
    )
    path = f"/images/{image.id}"
    before = other.image.get(path).status_code
    owner.image.add_member(image.id, member_id=other.current_project_id)
    return before, other.image.get(path).status_code


@contextlib.contextmanager
def running_lab(directory, *words):
    """Run a lab for as long as the block lasts; give its state."""
    try:
        done = run_lab("up", directory, *words)
        assert done.returncode == 0, done.stderr
        yield load(directory)
    finally:
        run_lab("down", directory)
