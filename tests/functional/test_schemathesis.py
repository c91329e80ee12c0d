# SPDX-License-Identifier: Apache-2.0
"""Requests that schemathesis makes up from the OpenAPI description, good and bad, to real Glance.

It writes every path in UTF-8, so it does not come upon the one 500 that is known: on a path such as
``%ff`` Glance's ``versionnegotiation``, which stands before the filter, fails, with and without us.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import yaml
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

import contract_fixtures as fixtures
import glance_site
import images
import openapi_description

pytestmark = pytest.mark.slow
pytest_plugins = ("schemathesis.pytest.plugin",)
ACCEPT = ("application/json", "text/html", None)
IDS = [fixtures.CACHED, fixtures.NOT_CACHED, fixtures.DEACTIVATED, fixtures.DELETED, images.UNKNOWN]
BOUNDED = settings(derandomize=True, max_examples=25, deadline=None)
set_hypothesis_home_dir(Path(__file__).parents[2] / "build/hypothesis")

# The statuses that each token has to meet; without them what was made up has tried nothing.
EXPECTED = {"admin": {200, 404, 405, 431}, "member": {403, 405, 431}, None: {401}}
seen: set[int] = set()


def described(image_id: dict | None = None) -> schemathesis.BaseSchema:
    """Return the description, tied to Glance; the parameter ``image_id`` may be described anew."""
    description = yaml.safe_load(openapi_description.FILE.read_text())
    if image_id:
        description["components"]["parameters"]["image_id"]["schema"] = image_id
    config = schemathesis.Config()
    # The token is one of ours, or none.
    config.projects.default.generation.update(with_security_parameters=False, deterministic=True)
    # 431 is the refusal of a request id that is too long.
    rejection = config.projects.default.checks.negative_data_rejection
    rejection.expected_statuses = ["400", "401", "403", "404", "405", "431"]
    schema = schemathesis.openapi.from_dict(description, config=config)
    schema.app = glance_site.call
    return schema


any_image = described()
images_there_are = described({"type": "string", "enum": IDS})


@pytest.fixture(scope="module", autouse=True)
def contract_images() -> None:
    fixtures.Images().start_fixture()


@pytest.fixture(autouse=True)
def nothing_untried(request: pytest.FixtureRequest) -> Iterator[None]:
    seen.clear()
    yield
    assert seen >= EXPECTED[request.node.callspec.params["token"]]


def ask(case: schemathesis.Case, token: str | None, accept: str | None) -> None:
    """Send what was made up; the answer has to be as described, and none of 5xx."""
    headers = {"X-Auth-Token": token, "Accept": accept}
    sent = {name: value for name, value in headers.items() if value}
    response = case.call_and_validate(headers=sent)
    seen.add(response.status_code)


@pytest.mark.parametrize("token", EXPECTED)
@pytest.mark.parametrize("accept", ACCEPT)
@any_image.parametrize()
@BOUNDED
def test_any_image_id(case: schemathesis.Case, token: str | None, accept: str | None) -> None:
    ask(case, token, accept)


@pytest.mark.parametrize("token", EXPECTED)
@pytest.mark.parametrize("accept", ACCEPT)
@images_there_are.parametrize()
@BOUNDED
def test_an_id_of_an_image(case: schemathesis.Case, token: str | None, accept: str | None) -> None:
    ask(case, token, accept)
