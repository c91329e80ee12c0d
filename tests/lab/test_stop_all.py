# SPDX-License-Identifier: Apache-2.0
"""``make clean`` ends the labs that run below what it deletes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glance_cache_nodes_lab import LabState, Service, process
from glance_cache_nodes_lab.directory import exclusive

ROOT = Path(__file__).parents[2]
STOP_ALL = "glance_cache_nodes_lab.stop_all"


@pytest.fixture
def lab(tmp_path):
    """Return a lab of which one process runs, which is no Keystone."""
    directory = tmp_path / "some/where/lab"
    directory.mkdir(parents=True)
    one = process.spawn(["/bin/sleep", "600"], dict(os.environ), directory / "log")
    keystone = Service("keystone", directory / "keystone", 1, one)
    lab = LabState(directory, keystone, "sqlite://", sys.executable, {})
    lab.save()
    yield lab
    process.stop([one])


def stop_all(directory):
    """Run it with nothing but the Python files of this project."""
    return subprocess.run(
        [sys.executable, "-S", "-m", STOP_ALL, directory],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_clean_ends_labs_before_it_deletes_anything():
    words = ["make", "--no-print-directory", "--dry-run", "clean", "DIR=elsewhere/lab"]
    first, then = subprocess.check_output(words, cwd=ROOT, text=True).splitlines()
    assert first.endswith(f"-m {STOP_ALL} elsewhere/lab build")
    assert then.startswith("rm -rf ")


def test_a_lab_below_a_directory_is_ended_in_spite_of_one_that_cannot_be_read(lab, tmp_path):
    (tmp_path / "unreadable").mkdir()
    (tmp_path / "unreadable/state.json").write_text("[]")
    done = stop_all(tmp_path)
    expected = f"stopped keystone of the lab in {lab.directory}\n"
    assert (done.returncode, done.stdout) == (0, expected)
    (line,) = done.stderr.splitlines()
    assert "unreadable/state.json is not readable as a lab's state" in line
    assert not lab.keystone.running


def test_a_lab_that_somebody_works_on_is_named(lab, tmp_path):
    with exclusive(lab.directory):
        done = stop_all(tmp_path)
    assert done.returncode == 1
    assert "another `lab up` or `lab down` is running on" in done.stderr
    assert lab.keystone.running


def test_where_no_lab_is_there_is_nothing_to_say(tmp_path):
    done = stop_all(tmp_path / "missing")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
