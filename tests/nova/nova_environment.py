# SPDX-License-Identifier: Apache-2.0
"""Environments with Nova, made once from requirements/nova-*.txt."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from glance_cache_nodes_lab import environments, interpreters

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "build" / "environments"
PYTHONS = {"29": ("3.11", "3.10", "3.9"), "34": ("3.12", "3.13")}
"""By release of Nova, what it runs on, the one to take first in front; 34 wants 3.12 or newer."""


def missing(release: str) -> str | None:
    """Return what has to be installed before this Nova can run; None where all is there."""
    if _interpreter(release):
        return None
    return f"Nova {release} wants Python {' or '.join(PYTHONS[release])}, which is not installed"


def python_for(release: str, progress: Callable[[str], None]) -> Path:
    """Return the Python of an environment with this Nova; make it if need be.

    Raises:
        UserError: it cannot be made; the line says why.
    """
    interpreter = _interpreter(release)
    assert interpreter
    pinned = ROOT / "requirements" / f"nova-{release}.txt"
    return environments.python_of(f"Nova {release}", pinned, ENVIRONMENTS, progress, interpreter)


def variables() -> dict[str, str]:
    """Return the environment variables for Nova's programs: no cloud, no proxy, our packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    loopback = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**kept, **loopback, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore"}


def _interpreter(release: str) -> interpreters.Interpreter | None:
    found = map(interpreters.find, PYTHONS[release])
    return next(filter(None, found), None)
