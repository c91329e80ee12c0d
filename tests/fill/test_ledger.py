# SPDX-License-Identifier: Apache-2.0
"""Which images are being filled in: bounds, processes that end, and files that are left over."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import LockBusyError
from glance_cache_nodes.fill import ledger as ledgers
from glance_cache_nodes.fill.ledger import Claim, Ledger, Refused

IMAGE, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
CLAIM_AND_DIE = """
import sys, os, pathlib
from glance_cache_nodes.fill.ledger import Ledger
directory = pathlib.Path(sys.argv[1])
claim = Ledger(directory, 8).claim(sys.argv[2], 100, "project")
(directory / "cache_nodes" / f"{sys.argv[2]}.part").write_bytes(b"left over")
os.kill(os.getpid(), 9)
"""


def ledger(directory: Path, at_once: int = 8) -> Ledger:
    return Ledger(directory, at_once)


def test_one_fills_and_the_others_read_along(tmp_path: Path) -> None:
    first, second = ledger(tmp_path), ledger(tmp_path)
    claim = first.claim(IMAGE, 10, "project")
    assert isinstance(claim, Claim)
    assert second.claim(IMAGE, 10, "project") is None
    assert second.is_running(IMAGE)
    claim.release()
    assert not second.is_running(IMAGE)
    again = second.claim(IMAGE, 10, "project")
    assert isinstance(again, Claim)
    again.release()


def test_released_claims_leave_no_file_of_an_image(tmp_path: Path) -> None:
    claim = ledger(tmp_path).claim(IMAGE, 10, "project")
    assert isinstance(claim, Claim)
    layout.part_file(tmp_path, IMAGE).write_bytes(b"x")
    claim.release()
    assert [path.name for path in layout.state_dir(tmp_path).iterdir()] == ["ledger"]


def test_a_fill_whose_files_were_removed_leaves_those_of_the_next_one(tmp_path: Path) -> None:
    first, part = ledger(tmp_path).claim(IMAGE, 10, "project"), layout.part_file(tmp_path, IMAGE)
    assert isinstance(first, Claim)
    layout.lock_file(tmp_path, IMAGE).unlink()
    second = ledger(tmp_path).claim(IMAGE, 10, "project")
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
    layout.state_dir(tmp_path).mkdir()
    layout.lock_file(tmp_path, OTHER).write_bytes(bytes(8))
    claim = ledger(tmp_path).claim(IMAGE, 10, "project")
    assert isinstance(claim, Claim)
    claim.release()
    assert not layout.lock_file(tmp_path, OTHER).exists()


def test_a_claim_that_cannot_be_written_leaves_the_image_free(tmp_path: Path) -> None:
    mine = ledger(tmp_path)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))  # as a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            mine.claim(IMAGE, 10, "project")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    claim = mine.claim(IMAGE, 10, "project")
    assert isinstance(claim, Claim)
    claim.release()


def claimed(mine: Ledger, number: int, project: str, *, is_placed: bool = False) -> object:
    return mine.claim(str(uuid.UUID(int=number)), 100, project, is_placed=is_placed)


def test_no_more_fills_run_at_once_than_may(tmp_path: Path) -> None:
    mine = ledger(tmp_path, 1)
    claim = claimed(mine, 1, "a")
    refused = claimed(mine, 2, "b")
    assert isinstance(refused, Refused)
    assert refused == Refused("1 fills run at once already", is_lasting=False)
    claim.release()


def test_the_last_half_is_for_projects_without_a_fill_and_for_placed_images(
    tmp_path: Path,
) -> None:
    mine = ledger(tmp_path, 5)
    claims = [claimed(mine, number, "a") for number in range(3)]
    assert all(isinstance(each, Claim) for each in claims)
    assert isinstance(claimed(mine, 3, "a"), Refused)
    claims += [claimed(mine, 4, "b"), claimed(mine, 5, "a", is_placed=True)]
    assert all(isinstance(each, Claim) for each in claims)
    assert isinstance(claimed(mine, 6, "c"), Refused)
    for each in claims:
        each.release()


def test_an_image_without_space_for_it_is_refused(tmp_path: Path) -> None:
    space = os.statvfs(tmp_path)
    free = space.f_bavail * space.f_frsize
    refused = ledger(tmp_path).claim(IMAGE, free, "project")  # five percent stay free
    assert isinstance(refused, Refused)
    assert refused.is_lasting
    assert "the file system has" in refused.reason


def test_what_is_no_file_of_ours_harms_nothing(tmp_path: Path) -> None:
    state = layout.state_dir(tmp_path)
    state.mkdir()
    (state / f"{OTHER}.lock").mkdir()
    (state / "x.lock").mkdir()
    (state / "loop.lock").symlink_to("loop.lock")
    os.mkfifo(state / f"{uuid.UUID(int=3)}.lock")
    claim = ledger(tmp_path).claim(IMAGE, 10, "project")
    assert isinstance(claim, Claim)
    assert ledger(tmp_path).is_running(IMAGE)
    claim.release()
    assert len(list(state.iterdir())) == 5


def test_a_link_in_place_of_the_state_directory_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    layout.state_dir(tmp_path).symlink_to(elsewhere)
    with pytest.raises(NotADirectoryError):
        ledger(tmp_path).claim(IMAGE, 10, "project")
    assert not list(elsewhere.iterdir())


def test_nobody_else_may_open_what_lies_there(tmp_path: Path) -> None:
    claim = ledger(tmp_path).claim(IMAGE, 10, "project")
    state = layout.state_dir(tmp_path)
    assert state.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
    claim.release()


def test_a_stopped_holder_of_the_ledger_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "PATIENCE", 0.01)
    mine = ledger(tmp_path)
    with mine.held(), pytest.raises(LockBusyError):
        mine.claim(IMAGE, 10, "project")


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    mine = ledger(tmp_path, at_once=1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        claim = mine.claim(IMAGE, 10, "project")
        assert isinstance(claim, Claim)
        assert isinstance(mine.claim(OTHER, 10, "project"), Refused)
        assert mine.claim(IMAGE, 10, "project") is None
        claim.release()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
