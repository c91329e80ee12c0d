# SPDX-License-Identifier: Apache-2.0
"""What holds on SQLite holds on the databases that clouds run on.

Glance's configuration is one for a process, so each database has its tests run in another one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import suites

pytestmark = pytest.mark.slow
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_all_that_asks_glance_in_process_passes_there_too(server, tmp_path) -> None:
    report = tmp_path / "report.xml"
    done = subprocess.run(
        [*PYTEST, "--junitxml", str(report), *map(str, suites.FUNCTIONAL)],
        cwd=suites.TESTS.parent,
        env={**os.environ, "TEST_DATABASE_URL": server.url("suites")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    suite = ElementTree.parse(report).find("testsuite")
    assert int(suite.get("tests")) > 400
    assert suite.get("skipped") == "0"
