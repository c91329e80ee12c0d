# SPDX-License-Identifier: Apache-2.0
"""The HTTP contract: every YAML file under ``contract`` against Glance with the filter."""

from __future__ import annotations

from pathlib import Path

import pytest
from gabbi import driver
from gabbi.driver import test_pytest  # noqa: F401 - the test that runs what is generated below

import contract_fixtures
import glance_site


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each request in the YAML files."""
    driver.py_test_generator(
        str(Path(__file__).parent / "gabbits"),
        intercept=lambda: glance_site.call,
        fixture_module=contract_fixtures,
        test_loader_name="contract",
        metafunc=metafunc,
        require_ssl=False,
    )
