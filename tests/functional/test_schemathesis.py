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
from glance_cache_nodes.api.routes import ROUTES, Table

pytestmark = pytest.mark.slow
pytest_plugins = ("schemathesis.pytest.plugin",)
ACCEPT = ("application/json", None)
IDS = [fixtures.CACHED, fixtures.NOT_CACHED, fixtures.DEACTIVATED, fixtures.DELETED, images.UNKNOWN]
OURS = Table(ROUTES)
BOUNDED = settings(derandomize=True, max_examples=10, deadline=None)
set_hypothesis_home_dir(Path(__file__).parents[2] / "build/hypothesis")

# Methods at paths of ours that are Glance's, or that change what the nodes of the contract hold.
LEFT_OUT = {"put", "delete"}
# Sites that there are, and no calls to other nodes: those have tests with nodes that answer.
KNOWN = {"enum": ["edge1", "edge2", "central"]}
PARAMETERS = {
    "near": KNOWN,
    "filter_site": KNOWN,
    "only_nodes": {"type": "array", "items": {"enum": list(images.NODES)}, "minItems": 1},
    "verify": {"enum": [False]},
    "probe": {"enum": [False]},
}

# The statuses that each token has to meet where they are described; without them what was made up
# has tried nothing.
EXPECTED = {"admin": {200, 404, 405, 431}, "member": {403, 405, 431}, None: {401}}
seen: set[int] = set()
described_here: set[int] = set()


def described(image_id: dict | None = None) -> schemathesis.BaseSchema:
    """Return the description, tied to Glance; the parameter ``image_id`` may be described anew."""
    description = yaml.safe_load(openapi_description.FILE.read_text())
    parameters = description["components"]["parameters"]
    for name, schema in {**PARAMETERS, **({"image_id": image_id} if image_id else {})}.items():
        parameters[name]["schema"] = schema
    config = schemathesis.Config()
    # The token is one of ours, or none.
    config.projects.default.generation.update(with_security_parameters=False, deterministic=True)
    # 431 is the refusal of a request id that is too long.
    rejection = config.projects.default.checks.negative_data_rejection
    rejection.expected_statuses = ["400", "401", "403", "404", "405", "431"]
    coverage = config.projects.default.phases.coverage
    coverage.unexpected_methods = set(coverage.unexpected_methods) - LEFT_OUT
    schema = schemathesis.openapi.from_dict(description, config=config)
    schema.app = glance_site.call
    return schema.exclude(method=[method.upper() for method in LEFT_OUT])


any_image = described()
images_there_are = described({"type": "string", "enum": IDS})


@pytest.fixture(scope="module", autouse=True)
def contract_images() -> Iterator[None]:
    fixtures.Images().start_fixture()
    sites = fixtures.Sites()
    sites.start_fixture()
    yield
    sites.stop_fixture()


@pytest.fixture(autouse=True)
def nothing_untried(request: pytest.FixtureRequest) -> Iterator[None]:
    seen.clear()
    described_here.clear()
    yield
    assert seen >= EXPECTED[request.node.callspec.params["token"]] & described_here


def ask(case: schemathesis.Case, token: str | None, accept: str | None) -> None:
    """Send what was made up; the answer has to be as described, and none of 5xx."""
    headers = {"X-Auth-Token": token, "Accept": accept}
    sent = {name: value for name, value in headers.items() if value}
    response = case.call(headers=sent)
    if not OURS.find(case.formatted_path):
        assert response.status_code < 500  # a path of Glance's, by an ID that is no UUID
        return
    case.validate_response(response, headers=sent)
    seen.add(response.status_code)
    described_here.update(openapi_description.statuses(case.operation.path, case.operation.method))


@pytest.mark.parametrize("token", EXPECTED)
@pytest.mark.parametrize("accept", ACCEPT)
@any_image.parametrize()
@BOUNDED
def test_any_image_id(case: schemathesis.Case, token: str | None, accept: str | None) -> None:
    ask(case, token, accept)


@pytest.mark.parametrize("token", EXPECTED)
@pytest.mark.parametrize("accept", ["text/html"])
@images_there_are.include(path_regex="{image_id}").parametrize()
@BOUNDED
def test_an_id_of_an_image(case: schemathesis.Case, token: str | None, accept: str | None) -> None:
    ask(case, token, accept)
