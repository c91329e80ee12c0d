# SPDX-License-Identifier: Apache-2.0
"""The test files of the server's modules, which other databases and releases run as well."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
_FUNCTIONAL = (
    *("contract", "personas", "inputs", "routes", "beside_glance", "validation", "loading"),
    *("policy", "target", "exact", "database", "outage_lines", "pool", "record"),
    *("leftovers", "map", "persona_lists"),
)
_UNIT = ("paste", "paste_refused", "local_image", "sites", "decisions")
_PACKAGES = ("fleet", "reconcile", "fill")

FUNCTIONAL = [TESTS / f"functional/test_{name}.py" for name in _FUNCTIONAL]
# What uses no database but SQLite.
WITHOUT_SERVER = [
    *(TESTS / f"unit/test_{name}.py" for name in _UNIT),
    *(path for name in _PACKAGES for path in sorted(TESTS.glob(f"{name}/test_*.py"))),
]
