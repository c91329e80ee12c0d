# SPDX-License-Identifier: Apache-2.0
"""Which node reads the backend, which peers are left alone for a while, and what is wanted."""

from __future__ import annotations

import random
import time
import types
from collections import Counter
from pathlib import Path

import pytest
from oslo_config import cfg

from glance_cache_nodes import conf as options
from glance_cache_nodes.cache import layout
from glance_cache_nodes.fill import avoided, node, rendezvous, wanted
from glance_cache_nodes.fill.avoided import Avoided

URLS = [f"http://edge1-{number}:9292" for number in range(5)]


def test_all_nodes_choose_the_same_order() -> None:
    mixed = random.Random(7).sample(URLS, len(URLS))
    assert rendezvous.order("image", mixed) == rendezvous.order("image", [*URLS, URLS[0]])


def test_a_node_that_goes_changes_nothing_about_the_others() -> None:
    for number in range(50):
        order = rendezvous.order(f"image-{number}", URLS)
        without = rendezvous.order(f"image-{number}", [url for url in URLS if url != order[0]])
        assert without == order[1:]


def test_each_node_gets_its_share_of_the_images() -> None:
    first = Counter(rendezvous.order(f"image-{number}", URLS)[0] for number in range(1000))
    assert set(first) == set(URLS)
    assert max(first.values()) < 300


def test_a_peer_is_avoided_by_all_processes_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.fill_dir(tmp_path).mkdir()
    Avoided(tmp_path).add(URLS[0], 30)
    assert Avoided(tmp_path).has(URLS[0])
    assert not Avoided(tmp_path).has(URLS[1])
    later = time.time() + 31
    monkeypatch.setattr(avoided.time, "time", lambda: later)
    assert not Avoided(tmp_path).has(URLS[0])
    assert not list(layout.fill_dir(tmp_path).iterdir())


def test_a_shorter_time_does_not_end_a_longer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.fill_dir(tmp_path).mkdir()
    peers = Avoided(tmp_path)
    peers.add(URLS[0], avoided.WRONG_BYTES)
    peers.add(URLS[0], avoided.NO_ANSWER)
    later = time.time() + avoided.NO_ANSWER + 1
    monkeypatch.setattr(avoided.time, "time", lambda: later)
    assert peers.has(URLS[0])


@pytest.mark.parametrize("text", ["", "rubbish", "9e99 far in the future"])
def test_a_marker_that_makes_no_sense_avoids_nobody(tmp_path: Path, text: str) -> None:
    layout.fill_dir(tmp_path).mkdir()
    peers = Avoided(tmp_path)
    peers.add(URLS[0], 30)
    next(layout.fill_dir(tmp_path).iterdir()).write_text(text)
    assert not peers.has(URLS[0])


def image(**values: object) -> types.SimpleNamespace:
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
    found = wanted.of(image(**values))
    assert found is not None
    assert (found.algorithm, found.digest) == hashed_by


@pytest.mark.parametrize("values", [{"status": "deactivated"}, {"size": 0}, {"size": None}])
def test_an_image_without_bytes_to_serve_is_not_filled_in(values: dict[str, object]) -> None:
    assert wanted.of(image(**values)) is None


def test_a_cafile_that_cannot_be_used_does_not_keep_glance_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf.set_override("cafile", str(tmp_path / "missing.pem"), group="cache_nodes")
    assert not node.tls_context(conf.cache_nodes).get_ca_certs()
    assert "[cache_nodes] cafile" in caplog.text
