# SPDX-License-Identifier: Apache-2.0
"""After the suites, write what Glance answers to every request of the contract, as JSON.

A plugin of pytest that the matrix names: starting Glance once more would cost more than the
requests. The file is ``$ANSWERS``; what is in it must be the same everywhere.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import webob
import yaml

import contract_fixtures
import glance_site

CONTRACT = Path(__file__).parents[1] / "functional/gabbits"


def pytest_sessionfinish() -> None:
    """Send the requests, file by file, under the fixtures that each file asks for."""
    answers = {path.name: _answers(path) for path in sorted(CONTRACT.glob("*.yaml"))}
    Path(os.environ["ANSWERS"]).write_text(json.dumps(answers, indent=1, sort_keys=True))


def _answers(path: Path) -> dict[str, Any]:
    suite = yaml.safe_load(path.read_text())
    fixtures = [getattr(contract_fixtures, name)() for name in suite["fixtures"]]
    for fixture in fixtures:
        fixture.start_fixture()
    try:
        common = suite["defaults"].get("request_headers", {})
        return {test["name"]: _answer(test, common) for test in suite["tests"]}
    finally:
        for fixture in reversed(fixtures):
            fixture.stop_fixture()


def _answer(test: dict[str, Any], common: dict[str, str]) -> list[Any]:
    method = "GET" if "GET" in test else "POST"
    request = webob.Request.blank(
        test[method], method=method, headers={**common, **test.get("request_headers", {})}
    )
    if "data" in test:
        request.body = json.dumps(test["data"]).encode()
    response = request.get_response(glance_site.call)
    return [response.status, response.headers.get("Content-Type"), response.text]
