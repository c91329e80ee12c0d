# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes save``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import canned_glance as canned
import image_servers
import pytest
from image_servers import DATA, FILE_PATH, IMAGE, OTHER
from osc_shell import openstack

from glance_cache_nodes.osc import progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def node(glance: canned.CannedGlance) -> Iterator[image_servers.ImageServer]:
    with image_servers.serve() as running:
        image_servers.say(glance, running.url)
        yield running


def save(tmp_path: Path, glance: canned.CannedGlance, *options: str):
    return openstack(tmp_path, glance.url, "save", IMAGE, "--file", str(tmp_path / "f"), *options)


@pytest.mark.usefixtures("node")
def test_it_says_nothing_when_all_is_well(glance: canned.CannedGlance, tmp_path: Path) -> None:
    done = save(tmp_path, glance, "--near", "edge1")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "f").read_bytes() == DATA
    assert glance.asked[-1].query == {"near": ["edge1"]}


def test_progress_in_lines(
    glance: canned.CannedGlance, node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SILENCE", 0.0)
    done = save(tmp_path, glance, "--progress")
    assert (done.status, done.stdout) == (0, "")
    assert any(f"image: from {node.url}, " in line for line in done.stderr.splitlines())
    assert done.stderr.splitlines()[-1] == (
        f"Saved {tmp_path / 'f'}: 1.0 MB from {node.url}, sha512 is right."
    )


def test_what_goes_wrong_is_told_and_nothing_is_left(
    glance: canned.CannedGlance, node, tmp_path: Path
) -> None:
    node.data = OTHER
    glance.answers["GET", FILE_PATH] = canned.FORBIDDEN
    done = save(tmp_path, glance)
    assert (done.status, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"{node.url} sent wrong bytes")
    assert lines[-1].startswith(f"Image {IMAGE} cannot be saved: ")
    assert canned.TOKEN not in done.stderr


def test_no_hash_is_said(glance: canned.CannedGlance, node, tmp_path: Path) -> None:
    image_servers.say(glance, node.url, checksum=None, os_hash_value=None)
    done = save(tmp_path, glance, "--progress")
    assert done.stderr.startswith(
        "Glance keeps no hash of the image, so its bytes are not checked."
    )
    assert done.stderr.endswith(", not checked.\n")


def test_a_file_is_required(glance: canned.CannedGlance, tmp_path: Path) -> None:
    done = openstack(tmp_path, glance.url, "save", IMAGE)
    assert done.status == 2
    assert "the following arguments are required: --file" in done.stderr
