# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep colons out of the names of tests: gabbi's plugin takes each for one of its own."""
    return val.replace(":", ";") if isinstance(val, str) else None
