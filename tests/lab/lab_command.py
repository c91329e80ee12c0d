# SPDX-License-Identifier: Apache-2.0
"""The command as a person runs it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from glance_cache_nodes_lab import load

COMMAND = Path(sys.executable).with_name("glance-cache-nodes")


def run_lab(verb, directory, *words):
    """Run ``glance-cache-nodes lab`` as a person does, and return how it ended."""
    argv = [COMMAND, "lab", verb, "--dir", directory, *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@contextlib.contextmanager
def running_lab(directory, *words):
    """Run a lab for as long as the block lasts; give its state."""
    done = run_lab("up", directory, *words)
    try:
        assert done.returncode == 0, done.stderr
        yield load(directory)
    finally:
        run_lab("down", directory)
