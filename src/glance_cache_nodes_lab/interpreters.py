# SPDX-License-Identifier: Apache-2.0
"""The Pythons that are installed on this machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OWN_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Interpreter:
    """A Python.

    Args:
        version: its minor version, such as ``3.9``.
        path: its program.
    """

    version: str
    path: Path


OWN = Interpreter(OWN_VERSION, Path(sys.executable))


def find(version: str) -> Interpreter | None:
    """Return a Python of this minor version, or None if uv finds none; nothing is downloaded."""
    if version == OWN_VERSION:
        return OWN
    if not importlib.util.find_spec("uv"):
        return None
    options = ["--system", "--no-python-downloads", "--no-project", "--no-config"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "uv", "python", "find", *options, version],
        env={**os.environ, "PATH": os.pathsep.join([*_pyenv(version), os.environ.get("PATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    return Interpreter(version, Path(done.stdout.strip())) if done.returncode == 0 else None


def _pyenv(version: str) -> list[str]:
    # uv gives up at pyenv's shims, which are on the path for versions that are not switched on.
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    try:
        return [str(path) for path in sorted(root.glob(f"versions/{version}.*/bin"), reverse=True)]
    except OSError:  # the variable may be left over from another user, whose files are not ours
        return []
