# SPDX-License-Identifier: Apache-2.0
"""What a cache directory holds of an image."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pytest

from glance_cache_nodes.cache import layout, local_image

ID = "00000000-0000-4000-8000-000000000000"


def write(path: Path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_000_000_000, 1_000_000_000))


WRITTEN = datetime.datetime(2001, 9, 9, 1, 46, 40)


@pytest.mark.parametrize("directory", ["here", "missing"])
def test_nothing(tmp_path, directory: str) -> None:
    (tmp_path / "here").mkdir()
    assert local_image.look(tmp_path / directory, ID, 3) == local_image.LocalImage("absent")


@pytest.mark.parametrize("expected", [3, None])
def test_a_whole_file(tmp_path, expected: int | None) -> None:
    write(layout.cached_file(tmp_path, ID), b"abc")
    write(layout.queued_file(tmp_path, ID))
    write(layout.incomplete_file(tmp_path, ID), b"a")
    found = local_image.look(str(tmp_path), ID, expected)
    assert found == local_image.LocalImage("cached", 3, WRITTEN)


@pytest.mark.parametrize("expected", [4, 2, 0])
def test_a_file_of_another_size(tmp_path, expected: int) -> None:
    write(layout.cached_file(tmp_path, ID), b"abc")
    reason = f"the file has 3 bytes, the image {expected}"
    found = local_image.look(tmp_path, ID, expected)
    assert found == local_image.LocalImage("damaged", 3, WRITTEN, reason)


def test_an_empty_image_is_whole(tmp_path) -> None:
    write(layout.cached_file(tmp_path, ID))
    assert local_image.look(tmp_path, ID, 0).state == "cached"


def test_a_directory_in_the_place_of_the_file(tmp_path) -> None:
    layout.cached_file(tmp_path, ID).mkdir()
    assert local_image.look(tmp_path, ID, 3).state == "damaged"


def test_a_link_in_a_circle(tmp_path) -> None:
    layout.cached_file(tmp_path, ID).symlink_to(ID)
    found = local_image.look(tmp_path, ID, 3)
    assert (found.state, found.size) == ("damaged", None)
    assert "cannot be read" in found.reason


def test_a_file_in_the_queue(tmp_path) -> None:
    write(layout.queued_file(tmp_path, ID))
    write(layout.failed_file(tmp_path, ID), b"{}")
    assert local_image.look(tmp_path, ID, 3) == local_image.LocalImage("queued", None, WRITTEN)


@pytest.mark.parametrize("growing", [layout.incomplete_file, layout.part_file])
def test_a_file_that_grows(tmp_path, growing) -> None:
    write(layout.queued_file(tmp_path, ID))
    write(growing(tmp_path, ID), b"ab")
    assert local_image.look(tmp_path, ID, 3) == local_image.LocalImage("caching", 2, WRITTEN)


def test_the_file_that_was_written_last_tells_how_far_it_is(tmp_path) -> None:
    write(layout.incomplete_file(tmp_path, ID), b"ab")
    write(layout.part_file(tmp_path, ID), b"a")
    os.utime(layout.part_file(tmp_path, ID))
    assert local_image.look(tmp_path, ID, 3).size == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            json.dumps({"reason": "the peers\nhave other bytes", "at": 1}).encode(),
            "the peers have other",
        ),
        (b"{}", "cannot be read"),
        (b"[1]", "cannot be read"),
        (b"null", "cannot be read"),
        (b"{", "cannot be read"),
        (b"[" * 4000, "cannot be read"),
        (b"\xff", "cannot be read"),
    ],
)
def test_a_fill_that_failed(tmp_path, content: bytes, reason: str) -> None:
    write(layout.failed_file(tmp_path, ID), content)
    found = local_image.look(tmp_path, ID, 3)
    assert (found.state, found.size, found.last_modified) == ("failed", None, WRITTEN)
    assert reason in found.reason
    assert "\n" not in found.reason


def test_the_part_and_the_lock_of_a_fill_are_beside_the_cache() -> None:
    assert layout.part_file("/c", ID) == Path(f"/c/cache_nodes/{ID}.part")
    assert layout.lock_file("/c", ID) == Path(f"/c/cache_nodes/{ID}.lock")
    assert layout.failed_file("/c", ID) == Path(f"/c/cache_nodes/{ID}.failed")
    assert layout.invalid_dir("/c") == Path("/c/invalid")
