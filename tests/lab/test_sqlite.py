# SPDX-License-Identifier: Apache-2.0
"""SQLite under several connections, with the oslo.db of the oldest release and of the newest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glance_cache_nodes_lab import environments
from releases import NEWEST, OLDEST

PROGRAM = Path(__file__).with_name("sqlite_program.py")
CASES = (
    "read inside a read",
    "write inside a read",
    "write after another one's write",
    "savepoint after another one's write",
    "write during another one's write",
)


# Kept from run to run: only the first one installs.
ENVIRONMENTS = Path(__file__).parents[2] / "build/environments"


@pytest.fixture(scope="module", params=[pytest.param(OLDEST, marks=pytest.mark.slow), NEWEST])
def python(request) -> Path:
    """Return the Python of a release's environment; the newest one is that of the tests."""
    if request.param == NEWEST:
        return Path(sys.executable)
    return environments.python_for(request.param, ENVIRONMENTS, print)


@pytest.mark.parametrize("case", CASES)
def test_no_transaction_is_refused(case: str, python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, PROGRAM, case, tmp_path / "numbers.sqlite"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2\n"
