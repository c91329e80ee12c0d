# SPDX-License-Identifier: Apache-2.0
"""Which images are being filled in: bounds, processes that end, and files that are left over."""

from __future__ import annotations

import resource
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import LockBusyError
from glance_cache_nodes.fill import lock_files
from glance_cache_nodes.fill.ledger import Claim, Ledger, Limits, Refused

GIB = 1 << 30
IMAGE, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
CLAIM_AND_DIE = """
import sys, os, pathlib
from glance_cache_nodes.fill.ledger import Ledger, Limits
directory = pathlib.Path(sys.argv[1])
claim = Ledger(directory, Limits(8, 1 << 30)).claim(sys.argv[2], 100)
(directory / "fill" / f"{sys.argv[2]}.part").write_bytes(b"left over")
os.kill(os.getpid(), 9)
"""


def ledger(directory: Path, at_once: int = 8, cache_bytes: int = GIB) -> Ledger:
    return Ledger(directory, Limits(at_once, cache_bytes))


def test_one_fills_and_the_others_read_along(tmp_path: Path) -> None:
    first, second = ledger(tmp_path), ledger(tmp_path)
    claim = first.claim(IMAGE, 10)
    assert isinstance(claim, Claim)
    assert second.claim(IMAGE, 10) is None
    assert second.is_running(IMAGE)
    claim.release()
    assert not second.is_running(IMAGE)
    again = second.claim(IMAGE, 10)
    assert isinstance(again, Claim)
    again.release()


def test_released_claims_leave_no_file_of_an_image(tmp_path: Path) -> None:
    claim = ledger(tmp_path).claim(IMAGE, 10)
    assert isinstance(claim, Claim)
    layout.part_file(tmp_path, IMAGE).write_bytes(b"x")
    claim.release()
    assert [path.name for path in layout.fill_dir(tmp_path).iterdir()] == ["ledger"]


def test_a_fill_whose_files_were_removed_leaves_those_of_the_next_one(tmp_path: Path) -> None:
    first, part = ledger(tmp_path).claim(IMAGE, 10), layout.part_file(tmp_path, IMAGE)
    assert isinstance(first, Claim)
    layout.lock_file(tmp_path, IMAGE).unlink()
    second = ledger(tmp_path).claim(IMAGE, 10)
    assert isinstance(second, Claim)
    part.write_bytes(b"x")
    assert (first.is_there, second.is_there) == (False, True)
    first.release()
    assert part.exists()
    assert second.is_there
    second.release()
    assert not part.exists()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CLAIM_AND_DIE, str(tmp_path), IMAGE], check=False)
    assert done.returncode == -9
    assert layout.lock_file(tmp_path, IMAGE).exists()
    assert not ledger(tmp_path).is_running(IMAGE)
    assert not layout.part_file(tmp_path, IMAGE).exists()


def test_a_lock_file_of_zeros_is_left_over(tmp_path: Path) -> None:
    layout.fill_dir(tmp_path).mkdir()
    layout.lock_file(tmp_path, OTHER).write_bytes(bytes(8))
    claim = ledger(tmp_path).claim(IMAGE, 10)
    assert isinstance(claim, Claim)
    claim.release()
    assert not layout.lock_file(tmp_path, OTHER).exists()


def test_a_claim_that_cannot_be_written_leaves_the_image_free(tmp_path: Path) -> None:
    mine = ledger(tmp_path)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))  # as a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            mine.claim(IMAGE, 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    claim = mine.claim(IMAGE, 10)
    assert isinstance(claim, Claim)
    claim.release()


@pytest.mark.parametrize(
    ("limits", "words", "is_lasting"),
    [
        ((1, GIB), "1 fills run at once already", False),
        ((8, 150), "image_cache_max_size = 150", True),
        ((8, 1 << 62), "the file system has", True),
    ],
)
def test_a_fill_beyond_a_bound_is_refused(
    tmp_path: Path, limits: tuple[int, int], words: str, is_lasting: bool
) -> None:
    mine = ledger(tmp_path, *limits)
    claim = mine.claim(IMAGE, 100)
    assert isinstance(claim, Claim)
    refused = mine.claim(OTHER, 100 if limits[1] < 1 << 60 else 1 << 60)
    assert isinstance(refused, Refused)
    assert words in refused.reason
    assert refused.is_lasting is is_lasting
    claim.release()


def test_cached_images_count_and_glances_directories_do_not(tmp_path: Path) -> None:
    (tmp_path / OTHER).write_bytes(b"x" * 60)
    (tmp_path / "queue").mkdir()
    assert isinstance(ledger(tmp_path, cache_bytes=100).claim(IMAGE, 41), Refused)
    claim = ledger(tmp_path, cache_bytes=100).claim(IMAGE, 40)
    assert isinstance(claim, Claim)
    claim.release()


def test_a_stopped_holder_of_the_ledger_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_files, "PATIENCE", 0.01)
    mine = ledger(tmp_path)
    with mine.held(), pytest.raises(LockBusyError):
        mine.claim(IMAGE, 10)


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    mine = ledger(tmp_path, at_once=1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        claim = mine.claim(IMAGE, 10)
        assert isinstance(claim, Claim)
        assert isinstance(mine.claim(OTHER, 10), Refused)
        assert mine.claim(IMAGE, 10) is None
        claim.release()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
