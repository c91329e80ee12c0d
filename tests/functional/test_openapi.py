# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI description is valid, and says what the code and the samples say."""

from __future__ import annotations

import json

import openapi_spec_validator
import pytest
import webob
import yaml

import api_samples
import openapi_description
from glance_cache_nodes.api.routes import ROUTES


def as_sent(name: str) -> webob.Response:
    """Return the answer of a sample, from its file."""
    text = (api_samples.DIRECTORY / f"{name}-response.http").read_text()
    head, _, body = text.removeprefix("HTTP/1.1 ").partition("\n\n")
    status, *headers = head.split("\n")
    pairs = [line.split(": ", 1) for line in headers if not line.startswith("Content-Length")]
    return webob.Response(status=status, headerlist=[tuple(p) for p in pairs], body=body.encode())


def test_it_is_valid() -> None:
    openapi_spec_validator.validate(yaml.safe_load(openapi_description.FILE.read_text()))


def test_it_describes_every_route_and_no_other() -> None:
    routes = {
        (path.replace(":uuid", ""), method)
        for path, handlers in ROUTES.items()
        for method in handlers
    }
    assert openapi_description.operations() == routes


@pytest.mark.parametrize("name", api_samples.SAMPLES)
def test_a_sample_is_as_described(name: str) -> None:
    sample = api_samples.SAMPLES[name]
    path = sample.path.partition("?")[0]
    assert openapi_description.problems(sample.method, path, as_sent(name)) == []


@pytest.mark.parametrize("name", api_samples.SAMPLES)
def test_a_sample_is_the_example_of_its_name(name: str) -> None:
    response = as_sent(name)
    sample = api_samples.SAMPLES[name]
    described = openapi_description.described(sample.method, sample.path.partition("?")[0])
    content = described[str(response.status_int)]["content"]
    example = content[response.content_type]["examples"][name]["value"]
    if response.content_type == "application/json":
        assert example == json.loads(response.body)
    else:
        assert example.rstrip("\n") == response.text.rstrip("\n")
