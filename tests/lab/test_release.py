# SPDX-License-Identifier: Apache-2.0
"""A lab of the oldest Glance that there is a list for."""

from __future__ import annotations

import json
import subprocess

import pytest
from lab_command import open_cloud, run_lab, share_an_image
from test_end_to_end import ask, nodes_of, run, wait_until

pytestmark = pytest.mark.slow


def version_of_glance(python: str) -> str:
    """Return the version of Glance beside this Python."""
    program = "import importlib.metadata as m; print(m.version('glance'))"
    return subprocess.check_output([python, "-c", program], text=True)


def test_every_way_to_ask_works_on_the_oldest_glance(oldest, tmp_path):
    told = json.loads(run_lab("status", oldest.directory, "--json").stdout)
    assert version_of_glance(told["glance_python"]).startswith("28.")
    (tmp_path / "disk").write_bytes(b"data")
    words = ["image", "create", "--file", str(tmp_path / "disk"), "-f", "value", "-c", "id", "disk"]
    made = run(oldest, "lab-admin", "openstack", *words)
    assert made.returncode == 0, made.stderr
    image_id, (first, second, _) = made.stdout.strip(), oldest.nodes
    with open_cloud(oldest, "lab-node2") as cloud:
        cloud.image.queue_image(image_id)
        token = cloud.auth_token

    wait_until(lambda: nodes_of(first, image_id, token) == [second.url])
    _, _, body = ask(first, image_id, {"X-Auth-Token": token})
    assert body == f'{{"cached_nodes": ["{second.url}"]}}'.encode()
    words = ["--os-image-url", first.url, "--os-auth-token", token, "cache-nodes-list", image_id]
    done = run(oldest, "lab-admin", "glance", *words)
    assert (done.returncode, second.url in done.stdout) == (0, True), done.stderr
    words = ["cache", "nodes", "list", image_id, "-f", "value"]
    done = run(oldest, "lab-admin", "openstack", *words)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"{second.url}\n")


def test_another_project_gets_an_image_that_is_shared_with_it(oldest):
    """Glance 28 reads the image's members on a second connection, inside a transaction."""
    with open_cloud(oldest, "lab-admin") as owner, open_cloud(oldest, "lab-other") as other:
        assert share_an_image(owner, other) == (404, 200)


def test_a_lab_keeps_its_glance(oldest):
    done = run_lab("up", oldest.directory, "--glance-python", "python3")
    assert done.returncode == 2
    assert "runs another Glance; name another --dir" in done.stderr.splitlines()[-1]
