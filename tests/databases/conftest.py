# SPDX-License-Identifier: Apache-2.0
"""The database servers that the tests here share: one of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest
import servers

HERE = Path(__file__).parent
# All else here stops and hurts servers, or runs whole suites on them, and takes minutes.
QUICK = {"test_pooler.py", "test_statements.py"}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == HERE and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def server(request):
    """Return a running server of the tests' own."""
    with getattr(servers, request.param)() as one:
        yield one
