# SPDX-License-Identifier: Apache-2.0
"""A node with one image, whose file and row agree."""

from __future__ import annotations

import pytest
from node_site import Site


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.cached(b"good")
    return made
