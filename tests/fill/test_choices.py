# SPDX-License-Identifier: Apache-2.0
"""Which node reads the backend, which peers are left alone for a while, and what is wanted."""

from __future__ import annotations

import random
import time
import types
from collections import Counter
from pathlib import Path

import pytest

from glance_cache_nodes.cache import layout
from glance_cache_nodes.fill import back_off, image
from glance_cache_nodes.fill.back_off import BackOff
from glance_cache_nodes.fill.peer_finder import by_hash

URLS = [f"http://edge1-{number}:9292" for number in range(5)]


def test_all_nodes_choose_the_same_order() -> None:
    mixed = random.Random(7).sample(URLS, len(URLS))
    assert by_hash("image", mixed) == by_hash("image", [*URLS, URLS[0]])


def test_a_node_that_goes_changes_nothing_about_the_others() -> None:
    for number in range(50):
        order = by_hash(f"image-{number}", URLS)
        without = by_hash(f"image-{number}", [url for url in URLS if url != order[0]])
        assert without == order[1:]


def test_each_node_gets_its_share_of_the_images() -> None:
    first = Counter(by_hash(f"image-{number}", URLS)[0] for number in range(1000))
    assert set(first) == set(URLS)
    assert max(first.values()) < 300


class Clock:
    """Seconds that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.time()
        monkeypatch.setattr(back_off.time, "time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def off(directory: Path, in_a_row: int = 1) -> BackOff:
    return BackOff(directory, first=15.0, longest=600.0, in_a_row=in_a_row)


def test_a_node_that_failed_is_left_alone_by_all_processes_for_a_while(
    tmp_path: Path, clock: Clock
) -> None:
    assert off(tmp_path).failed(URLS[0]) == 15.0
    assert not off(tmp_path).may_try(URLS[0])
    assert off(tmp_path).is_on(URLS[0])
    assert off(tmp_path).may_try(URLS[1])
    clock.now += 15.1
    assert not off(tmp_path).is_on(URLS[0])


def test_after_that_one_request_tries_it_and_the_others_wait(tmp_path: Path, clock: Clock) -> None:
    off(tmp_path).failed(URLS[0])
    clock.now += 15.1
    assert [off(tmp_path).may_try(URLS[0]) for _ in range(3)] == [True, False, False]
    off(tmp_path).succeeded(URLS[0])
    assert all(off(tmp_path).may_try(URLS[0]) for _ in range(3))


def test_each_failure_doubles_the_time_up_to_the_longest(tmp_path: Path, clock: Clock) -> None:
    seconds = []
    for _ in range(8):
        seconds.append(off(tmp_path).failed(URLS[0]))
        clock.now += seconds[-1] + 0.1
    assert seconds == [15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]


def test_failures_count_only_in_a_row(tmp_path: Path) -> None:
    node = off(tmp_path, in_a_row=3)
    assert [node.failed("x"), node.failed("x")] == [0.0, 0.0]
    node.succeeded("x")
    assert [node.failed("x"), node.failed("x")] == [0.0, 0.0]
    assert node.may_try("x")
    assert node.failed("x") == 15.0
    assert not node.may_try("x")


def test_a_clock_that_was_set_back_ends_it(tmp_path: Path, clock: Clock) -> None:
    off(tmp_path).failed(URLS[0])
    clock.now -= 10_000
    assert off(tmp_path).may_try(URLS[0])


def test_where_the_disk_takes_no_file_the_process_remembers(tmp_path: Path, clock: Clock) -> None:
    layout.state_dir(tmp_path).write_text("no directory")
    peers = off(tmp_path)
    peers.failed(URLS[0])
    assert not peers.may_try(URLS[0])
    clock.now += 15.1
    assert [peers.may_try(URLS[0]), peers.may_try(URLS[0])] == [True, False]


@pytest.mark.parametrize("text", ["", "rubbish", "1 9e99 15.0 far in the future"])
def test_a_marker_that_makes_no_sense_stops_nobody(tmp_path: Path, text: str) -> None:
    peers = off(tmp_path)
    peers.failed(URLS[0])
    next(layout.state_dir(tmp_path).iterdir()).write_text(text)
    assert peers.may_try(URLS[0])


def image_with(**values: object) -> types.SimpleNamespace:
    usual = {
        "image_id": "id",
        "status": "active",
        "size": 5,
        "checksum": "d41d8",
        "os_hash_algo": "sha512",
        "os_hash_value": "cf83",
    }
    return types.SimpleNamespace(**{**usual, **values})


@pytest.mark.parametrize(
    ("values", "hashed_by"),
    [
        ({}, ("sha512", "cf83")),
        ({"os_hash_value": None}, ("md5", "d41d8")),
        ({"os_hash_algo": "unheard-of"}, ("md5", "d41d8")),
        ({"os_hash_value": "CF 83"}, ("sha512", "cf83")),
        ({"os_hash_value": None, "checksum": None}, (None, None)),
    ],
)
def test_the_strongest_hash_that_is_known_counts(
    values: dict[str, object], hashed_by: tuple[str | None, str | None]
) -> None:
    found = image.of(image_with(**values))
    assert found is not None
    assert (found.algorithm, found.digest) == hashed_by


@pytest.mark.parametrize("values", [{"status": "deactivated"}, {"size": 0}, {"size": None}])
def test_an_image_without_bytes_to_serve_is_not_filled_in(values: dict[str, object]) -> None:
    assert image.of(image_with(**values)) is None
