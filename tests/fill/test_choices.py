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
from glance_cache_nodes.fill.back_off import PeerBackOff
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


def test_a_peer_is_avoided_by_all_processes_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.fill_dir(tmp_path).mkdir()
    PeerBackOff(tmp_path).add(URLS[0], 30)
    assert PeerBackOff(tmp_path).has(URLS[0])
    assert not PeerBackOff(tmp_path).has(URLS[1])
    later = time.time() + 31
    monkeypatch.setattr(back_off.time, "time", lambda: later)
    assert not PeerBackOff(tmp_path).has(URLS[0])
    assert not list(layout.fill_dir(tmp_path).iterdir())


def test_a_shorter_time_does_not_end_a_longer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.fill_dir(tmp_path).mkdir()
    peers = PeerBackOff(tmp_path)
    peers.add(URLS[0], back_off.WRONG_BYTES)
    peers.add(URLS[0], back_off.NO_ANSWER)
    later = time.time() + back_off.NO_ANSWER + 1
    monkeypatch.setattr(back_off.time, "time", lambda: later)
    assert peers.has(URLS[0])


@pytest.mark.parametrize("text", ["", "rubbish", "9e99 far in the future"])
def test_a_marker_that_makes_no_sense_avoids_nobody(tmp_path: Path, text: str) -> None:
    layout.fill_dir(tmp_path).mkdir()
    peers = PeerBackOff(tmp_path)
    peers.add(URLS[0], 30)
    next(layout.fill_dir(tmp_path).iterdir()).write_text(text)
    assert not peers.has(URLS[0])


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
