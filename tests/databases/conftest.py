# SPDX-License-Identifier: Apache-2.0
"""The database servers that the tests here share: one of each kind."""

from __future__ import annotations

import pytest
import servers


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def server(request):
    """Return a running server of the tests' own."""
    with getattr(servers, request.param)() as one:
        yield one
