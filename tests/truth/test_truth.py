# SPDX-License-Identifier: Apache-2.0
"""The ten wrong records on real Glance; ``make truth`` has more cells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
RUN = Path(__file__).with_name("run.py")


@pytest.mark.parametrize(
    ("cell", "cases"),
    [("2026.2/mariadb", "abcdefghij"), ("2026.2/postgresql", "aj"), ("2024.1/sqlite", "cj")],
)
def test_each_wrong_record_is_found_and_ended(cell, cases):
    words = [sys.executable, RUN, cell, "--cases", cases]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    whole = len(cases)
    end = f"{whole} of {whole} found, {whole} of {whole} ended"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, end), done.stdout + done.stderr
