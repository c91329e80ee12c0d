# SPDX-License-Identifier: Apache-2.0
"""Write what Glance answers to every request of the contract, as JSON, while gabbi sends them.

A plugin of pytest that the matrix names. The file is ``$ANSWERS``; what is in it must be the same
in every row.
"""

from __future__ import annotations

import collections
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import webob

import glance_site

CONTRACT = "test_contract.py"
# These list whatever the tests have left behind, so only the kind of the answer is compared.
LISTS = {"/v2/cache/nodes", "/v2/cache/images"}
# What differs from one answer to the next, and what is written for it.
MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "TIME"),
    (re.compile(r'("latency_ms": )[\d.]+'), r"\1LATENCY"),
    (re.compile(r"\breq-[0-9a-f-]{36}"), "REQUEST"),
)


class Recorder:
    """Glance's application, and what it has answered.

    Args:
        application: answers.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        self.test = ""  # that runs; nothing is recorded without one
        self.answers: dict[str, list[list[str | None]]] = collections.defaultdict(list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer, and remember it."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        response = webob.Request(environ).get_response(self._application)
        if self.test:
            said = [f"{method} {path}", response.status, response.headers.get("Content-Type")]
            self.answers[self.test].append([*said, _comparable(path, response)])
        return response(environ, start_response)


RECORDER = glance_site.call = Recorder(glance_site.call)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Name the test that sends the requests."""
    RECORDER.test = item.name if item.path.name == CONTRACT else ""
    try:
        return (yield)
    finally:
        RECORDER.test = ""


def pytest_sessionfinish() -> None:
    """Write the file."""
    Path(os.environ["ANSWERS"]).write_text(json.dumps(RECORDER.answers, indent=1, sort_keys=True))


def _comparable(path: str, response: webob.Response) -> str:
    """Return the body without what may differ."""
    if path.rstrip("/") in LISTS and response.status_int == 200:
        return f"an object of {', '.join(response.json)}"
    text = response.text.replace(str(glance_site.root()), "SITE")
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text
