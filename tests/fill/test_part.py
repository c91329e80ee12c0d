# SPDX-License-Identifier: Apache-2.0
"""The part file and its readers: nobody has a whole wrong image, and nobody waits for ever."""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from glance_cache_nodes.cache import layout, locks, state
from glance_cache_nodes.exception import FillBrokenError, WrongBytesError
from glance_cache_nodes.fill import hashing
from glance_cache_nodes.fill.image import ImageToFill
from glance_cache_nodes.fill.ledger import Claim, Ledger
from glance_cache_nodes.fill.part import Part
from glance_cache_nodes.fill.reader import Reader

DATA = bytes(range(256)) * 4
IMAGE = str(uuid.UUID(int=1))
WANTED = ImageToFill(IMAGE, len(DATA), "md5", "sha512", hashlib.sha512(DATA).hexdigest())
LIMIT = 60.0


class Store:
    """A store; what it is read from on stands in front of the bytes that it gives."""

    def read(self, offset: int) -> Iterator[bytes]:
        yield b"<store from %d>" % offset
        yield DATA[offset:]


class Fill:
    """A fill that a test drives block by block."""

    def __init__(self, directory: Path) -> None:
        self.ledger = Ledger(directory, 8)
        claim = self.ledger.claim(IMAGE, len(DATA), "project")
        assert isinstance(claim, Claim)
        self.claim = claim
        self.path = layout.part_file(directory, IMAGE)
        self.cached = layout.cached_file(directory, IMAGE)
        self.part = Part(self.path, WANTED)

    def reader(self, patience: float = LIMIT, *, gives_up: bool = False) -> Reader:
        return Reader(self.ledger, WANTED, Store(), patience, lambda: gives_up)

    def follow(self) -> Reader:
        reader = self.reader()
        assert reader.has_begun()
        return reader


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    return Fill(tmp_path)


def test_readers_have_all_but_the_last_block_until_the_hash_is_right(fill: Fill) -> None:
    fill.part.add(DATA[:500])
    fill.part.add(DATA[500:])
    assert fill.path.read_bytes() == DATA[:500]
    reader = iter(fill.follow())
    assert next(reader) == DATA[:500]
    fill.part.finish()
    fill.path.rename(fill.cached)
    fill.claim.release()
    assert b"".join(reader) == DATA[500:]


def test_a_wrong_image_of_another_node_is_never_whole(fill: Fill) -> None:
    fill.part.add(DATA[:500])
    fill.part.add(b"!" * (len(DATA) - 500))
    reader = iter(fill.follow())
    next(reader)
    with pytest.raises(WrongBytesError, match="sha512"):
        fill.part.finish()
    fill.part.empty()
    fill.claim.release()
    with pytest.raises(FillBrokenError, match="wrong bytes"):
        next(reader)


def test_a_fill_that_ends_too_early_goes_on_from_the_store(fill: Fill) -> None:
    fill.part.add(DATA[:500])
    fill.part.add(DATA[500:900])
    reader = iter(fill.follow())
    assert next(reader) == DATA[:500]
    fill.claim.release()
    assert list(reader) == [b"<store from 500>", DATA[500:]]


def test_more_bytes_than_the_image_has_are_wrong(fill: Fill) -> None:
    fill.part.add(DATA)
    with pytest.raises(WrongBytesError, match="more than 1024 bytes"):
        fill.part.add(b"!")


def test_what_nobody_has_read_can_be_begun_again(fill: Fill) -> None:
    fill.part.add(b"!" * len(DATA))
    assert fill.part.begin_again()
    fill.part.add(DATA)
    fill.part.finish()
    assert fill.path.read_bytes() == DATA


def test_what_somebody_may_have_read_cannot_be_begun_again(fill: Fill) -> None:
    fill.part.add(DATA[:10])
    fill.part.add(DATA[10:20])
    assert not fill.part.begin_again()


def test_a_fill_that_ends_before_a_byte_came_has_no_reader(fill: Fill) -> None:
    fill.part.add(DATA)
    threading.Timer(0.05, fill.claim.release).start()
    assert not fill.reader().has_begun()


def test_the_cached_file_is_read_when_the_fill_is_over(fill: Fill) -> None:
    fill.part.add(DATA)
    fill.part.finish()
    fill.path.rename(fill.cached)
    fill.claim.release()
    assert b"".join(fill.follow()) == DATA


def test_an_image_that_is_evicted_while_it_is_read_is_read_to_its_end(fill: Fill) -> None:
    fill.part.add(DATA)
    fill.part.finish()
    fill.path.rename(fill.cached)
    reader = fill.follow()
    fill.cached.unlink()
    fill.claim.release()
    assert b"".join(reader) == DATA


def test_a_reader_does_not_follow_the_next_fill_with_the_bytes_of_the_last(fill: Fill) -> None:
    fill.part.add(DATA[:10])
    fill.part.add(DATA[10:20])
    reader = iter(fill.follow())
    assert next(reader) == DATA[:10]
    fill.claim.release()
    again = fill.ledger.claim(IMAGE, len(DATA), "project")
    assert isinstance(again, Claim)
    assert list(reader) == [b"<store from 10>", DATA[10:]]
    again.release()


def test_a_fill_that_stands_still_is_left_for_the_store(fill: Fill) -> None:
    fill.part.add(DATA[:10])
    fill.part.add(DATA[10:20])
    reader = fill.reader(0.05)
    assert reader.has_begun()
    assert list(reader) == [DATA[:10], b"<store from 10>", DATA[10:]]
    fill.claim.release()


def test_who_waits_for_the_first_byte_may_give_up(fill: Fill) -> None:
    assert not fill.reader(gives_up=True).has_begun()
    fill.claim.release()


def test_the_filler_sees_who_reads_along(fill: Fill) -> None:
    fill.part.add(DATA[:10])
    fill.part.add(DATA[10:20])

    def is_read() -> bool:
        with state.opened(fill.path, os.O_RDONLY) as descriptor:
            return not locks.try_lock(descriptor)

    assert not is_read()
    reader = fill.follow()
    assert is_read()
    reader.close()
    assert not is_read()
    fill.claim.release()


def test_a_reader_that_is_closed_before_its_first_byte_leaves_no_descriptor(fill: Fill) -> None:
    fill.part.add(DATA[:10])
    fill.part.add(DATA[10:20])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        fill.follow().close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    fill.claim.release()


def test_an_image_without_a_checksum_is_taken_as_it_comes(tmp_path: Path) -> None:
    wanted = ImageToFill(IMAGE, len(DATA), None, None, None)
    part = Part(tmp_path / "part", wanted)
    part.add(DATA)
    part.finish()
    assert (tmp_path / "part").read_bytes() == DATA


@pytest.mark.parametrize("is_patched", [False, True])
def test_the_hash_is_computed_beside_or_under_eventlet_in_line(
    is_patched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing.threads, "is_patched", lambda: is_patched)
    data = bytes(5 * hashing.BATCH + 7)
    for digest in (hashlib.sha512(data).hexdigest(), "0" * 128):
        threads = threading.active_count()
        found = hashing.begin(ImageToFill(IMAGE, len(data), "md5", "sha512", digest))
        assert threading.active_count() == threads + (not is_patched)
        for at in range(0, len(data), 300_000):
            found.update(data[at : at + 300_000])
        assert found.is_right() == (digest != "0" * 128)
        found.close()
        assert threading.active_count() == threads


def test_a_fill_that_breaks_off_ends_the_thread_of_its_hash(fill: Fill) -> None:
    threads = threading.active_count()
    fill.part.add(DATA[:500])
    fill.part.close()
    fill.part.close()
    fill.claim.release()
    assert threading.active_count() == threads - 1
