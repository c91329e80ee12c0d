# SPDX-License-Identifier: Apache-2.0
"""The command as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("glance-cache-nodes")


def run_lab(verb, directory, *words):
    """Run ``glance-cache-nodes lab`` as a person does, and return how it ended."""
    argv = [COMMAND, "lab", verb, "--dir", directory, *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)
