# SPDX-License-Identifier: Apache-2.0
"""The same under eventlet, which replaces threads and sockets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


def test_green_threads_ask_nodes_too() -> None:
    pytest.importorskip("eventlet")
    command = [sys.executable, "-W", "ignore", str(HERE / "green_program.py")]
    done = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
