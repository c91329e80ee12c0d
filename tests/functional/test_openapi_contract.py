# SPDX-License-Identifier: Apache-2.0
"""Every answer of the HTTP contract is as the OpenAPI description says."""

from __future__ import annotations

from pathlib import Path

import pytest
from gabbi import driver
from gabbi.driver import test_pytest  # noqa: F401 - the test that runs what is generated below

import contract_fixtures
import glance_site
import openapi_description


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Send each request of the contract through a check of its answer."""
    if "test" not in metafunc.fixturenames:
        return
    driver.py_test_generator(
        str(Path(__file__).parent / "gabbits"),
        intercept=lambda: openapi_description.checked(glance_site.call),
        fixture_module=contract_fixtures,
        test_loader_name="openapi",
        metafunc=metafunc,
        require_ssl=False,
    )
