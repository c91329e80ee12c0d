# SPDX-License-Identifier: Apache-2.0
"""A Glance with answers that a test gives, and an adapter for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from adapters import adapter_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1 import adapter


@pytest.fixture
def glance() -> Iterator[canned.CannedGlance]:
    with canned.serve() as running:
        yield running


@pytest.fixture
def image(glance: canned.CannedGlance) -> Iterator[adapter.Adapter]:
    with adapter_for(glance.url, canned.TOKEN) as made:
        yield made
