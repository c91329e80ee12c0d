# SPDX-License-Identifier: Apache-2.0
"""The call with everything real: Keystone's tokens, uploads, caching on nodes, released clients."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab_command import open_cloud

import openstack_command
import waiting

COMMANDS = Path(sys.executable).parent


def ask(node, image_id: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Send the request over HTTP; return status, headers and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=waiting.GIVE_UP)
    connection.request("GET", f"/v2/cache/nodes/{image_id}", headers=headers)
    answer = connection.getresponse()
    got = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return got


def nodes_of(node, image_id: str, token: str) -> list[str]:
    """Return what one node says of an image."""
    status, _, body = ask(node, image_id, {"X-Auth-Token": token})
    assert status == 200, body
    return json.loads(body)["cached_nodes"]


def run(lab, cloud: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a client's command as a user of the lab."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
    environment = {
        **inherited,
        "HOME": str(lab.directory),  # glanceclient keeps schemas there
        "OS_CLIENT_CONFIG_FILE": str(lab.clouds_file),
        "OS_CLOUD": cloud,
        "no_proxy": "127.0.0.1",
    }
    if words[0] == "openstack":
        return openstack_command.run(list(words[1:]), Path.cwd(), environment)
    argv = [str(COMMANDS / words[0]), *words[1:]]
    return subprocess.run(
        argv, env=environment, capture_output=True, text=True, timeout=waiting.GIVE_UP, check=False
    )


def wait_until(condition) -> None:
    """Wait for what Glance does after it has answered."""
    assert waiting.until(condition), "it did not come to pass"


@pytest.fixture
def cached(lab, connect, image):
    """Return the image, cached on node2 and node3."""
    for number in (2, 3):
        connect(f"lab-node{number}").image.queue_image(image.id)
    token = connect("lab-admin").auth_token
    wait_until(lambda: len(nodes_of(lab.nodes[0], image.id, token)) == 2)
    return image


def test_the_list_grows_and_shrinks_with_the_caches(lab, connect, image) -> None:
    token = connect("lab-admin").auth_token
    assert [nodes_of(node, image.id, token) for node in lab.nodes] == [[], [], []]
    connect("lab-node2").image.queue_image(image.id)
    wait_until(lambda: nodes_of(lab.nodes[0], image.id, token) == [lab.nodes[1].url])
    connect("lab-node3").image.queue_image(image.id)
    both = sorted(node.url for node in lab.nodes[1:])
    wait_until(lambda: nodes_of(lab.nodes[0], image.id, token) == both)
    assert [nodes_of(node, image.id, token) for node in lab.nodes] == [both, both, both]
    connect("lab-node2").image.cache_delete_image(image.id)
    assert nodes_of(lab.nodes[0], image.id, token) == [lab.nodes[2].url]


def test_a_download_through_a_node_puts_it_on_the_list(lab, connect, image) -> None:
    token = connect("lab-admin").auth_token
    assert nodes_of(lab.nodes[0], image.id, token) == []
    connect("lab-node2").image.download_image(image.id)
    wait_until(lambda: nodes_of(lab.nodes[0], image.id, token) == [lab.nodes[1].url])


def test_openstack_command(lab, cached) -> None:
    expected = sorted(node.url for node in lab.nodes[1:])
    for name_or_id in (cached.id, cached.name):
        done = run(
            lab, "lab-admin", "openstack", "cache", "nodes", "list", name_or_id, "-f", "value"
        )
        assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", expected)
    script = str(COMMANDS / "openstack")
    done = run(lab, "lab-admin", script, "cache", "nodes", "list", cached.id, "-f", "json")
    assert json.loads(done.stdout) == [{"Node Reference URL": url} for url in expected]


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        ("lab-member", "list_cached_nodes"),
        ("lab-reader", "list_cached_nodes"),
        # The image is looked up first: Glance shows it to neither of them.
        ("lab-other", "No image "),
        ("lab-service", "You are not authorized to complete get_images action"),
    ],
)
def test_openstack_command_of_a_plain_user(lab, cached, cloud: str, words: str) -> None:
    done = run(lab, cloud, "openstack", "cache", "nodes", "list", cached.id)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_openstack_command_for_an_unknown_image(lab) -> None:
    for unknown in ("no-such-image", "00000000-0000-4000-8000-000000000000"):
        done = run(lab, "lab-admin", "openstack", "cache", "nodes", "list", unknown)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
        assert unknown in done.stderr


def test_glance_command(lab, connect, cached) -> None:
    token = connect("lab-admin").auth_token
    words = ["--os-image-url", lab.nodes[0].url, "--os-auth-token", token]
    done = run(lab, "lab-admin", "glance", *words, "cache-nodes-list", cached.id)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ") for line in done.stdout.splitlines() if line.startswith("| http")]
    assert rows == sorted(node.url for node in lab.nodes[1:])


def test_openstacksdk(lab, connect, cached) -> None:
    urls = connect("lab-admin").image.cached_image_nodes(cached.id)
    assert urls == sorted(node.url for node in lab.nodes[1:])


@pytest.mark.parametrize("user", ["member", "reader", "other", "service"])
def test_a_real_token_of_a_plain_user_is_refused(lab, connect, cached, user: str) -> None:
    token = connect(f"lab-{user}").auth_token
    for image_id in (cached.id, "00000000-0000-4000-8000-000000000000"):
        status, headers, _ = ask(lab.nodes[0], image_id, {"X-Auth-Token": token})
        assert status == 403
        assert headers["x-openstack-request-id"].startswith("req-")


FORGED = {"X-Identity-Status": "Confirmed", "X-Roles": "admin", "X-Project-Id": "x", "X-User": "x"}


def test_forged_headers_give_nobody_a_role(lab, connect, cached) -> None:
    assert ask(lab.nodes[0], cached.id, FORGED)[0] == 401
    token = connect("lab-member").auth_token
    assert ask(lab.nodes[0], cached.id, {**FORGED, "X-Auth-Token": token})[0] == 403


def test_a_revoked_token_is_refused(lab, cached) -> None:
    with open_cloud(lab, "lab-admin") as connection:
        token = connection.auth_token
        connection.identity.delete("/auth/tokens", headers={"X-Subject-Token": token})
    assert ask(lab.nodes[0], cached.id, {"X-Auth-Token": token})[0] == 401


def test_tokens_are_not_in_the_logs(lab, connect, cached) -> None:
    token = connect("lab-admin").auth_token
    nodes_of(lab.nodes[0], cached.id, token)
    for service in lab.services:
        assert token not in service.log.read_text()
