# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let SIGTERM end a run as Ctrl-C does: with all servers of the tests."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep colons out of the names of tests: gabbi's plugin takes each for one of its own."""
    return val.replace(":", ";") if isinstance(val, str) else None
