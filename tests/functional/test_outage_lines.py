# SPDX-License-Identifier: Apache-2.0
"""What Glance's log says while its database does not answer as it should."""

from __future__ import annotations

import time

import webob

import contract_fixtures
import glance_site
import images

CALLS = 30
SECOND = 1.0


def ask() -> int:
    request = webob.Request.blank(
        f"/v2/cache/nodes/{images.UNKNOWN}", headers={"X-Auth-Token": "admin"}
    )
    return request.get_response(glance_site.call).status_int


def test_many_failed_calls_are_at_most_one_line_a_second() -> None:
    assert ask() == 404
    time.sleep(SECOND)  # the last line may be of another test's outage
    before, started = len(glance_site.log_text()), time.monotonic()
    failing = contract_fixtures.NoNodeTable()
    failing.start_fixture()
    try:
        statuses = [ask() for _ in range(CALLS)]
    finally:
        failing.stop_fixture()
    seconds = time.monotonic() - started
    assert statuses == [503] * CALLS
    lines = glance_site.log_text()[before:].splitlines()
    told = [line for line in lines if "Database failure: " in line]
    assert 1 <= len(told) <= 1 + seconds
    assert told == lines
    assert "node_reference" in told[0]
