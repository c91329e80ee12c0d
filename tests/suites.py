# SPDX-License-Identifier: Apache-2.0
"""The test files that query Glance in process, which other databases and releases run as well."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
_FUNCTIONAL = (
    *("contract", "personas", "inputs", "routes", "beside_glance", "validation", "loading"),
    *("policy", "target", "exact", "database", "outage_lines", "pool"),
)
_PASTE = ("paste", "paste_refused")

FUNCTIONAL = [TESTS / f"functional/test_{name}.py" for name in _FUNCTIONAL]
PASTE = [TESTS / f"unit/test_{name}.py" for name in _PASTE]
