# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI description, and what of an answer is not as it says."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import webob
import yaml

FILE = Path(__file__).parent.parent / "docs/api/openapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# What a method that is not described may answer: it is refused before any handler is asked.
_OF_ANY_METHOD = ("401", "405", "431")
# HTTP's own, of which OpenAPI says that a description leaves them out, or that go without saying.
_UNDESCRIBED = {"content-type", "content-length"}


@functools.cache
def load() -> dict:
    """Return the description, with each ``$ref`` to a response, header or parameter followed."""
    description = yaml.safe_load(FILE.read_text())
    return _followed(description, description)


def operations() -> set[tuple[str, str]]:
    """Return every path with each of its methods, as ``ROUTES`` writes them."""
    return {
        (path, method.upper())
        for path, item in load()["paths"].items()
        for method in METHODS
        if method in item
    }


def statuses(path: str, method: str) -> set[int]:
    """Return the statuses that are described for a method of a path."""
    return {int(status) for status in load()["paths"][path][method.lower()]["responses"]}


def problems(method: str, path: str, response: webob.Response) -> list[str]:
    """Return what of an answer is not as it is described; nothing when all is well."""
    of_status = described(method, path).get(str(response.status_int))
    if of_status is None:
        return [f"{response.status} to {method} {path} is not described"]
    found = [*_header_problems(of_status.get("headers", {}), response)]
    if method != "HEAD":
        found += _body_problems(of_status["content"], response)
    return found


def checked(application: Callable) -> Callable:
    """Return a WSGI application that fails when an answer is not as it is described."""

    def call(environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        response = webob.Request(environ).get_response(application)
        found = problems(method, path, response)
        assert not found, found
        return response(environ, start_response)

    return call


def _followed(part: object, description: dict) -> object:
    if isinstance(part, list):
        return [_followed(each, description) for each in part]
    if not isinstance(part, dict):
        return part
    reference = part.get("$ref", "")
    if reference and not reference.startswith("#/components/schemas/"):
        names = reference.removeprefix("#/").split("/")
        target = functools.reduce(lambda found, name: found[name], names, description)
        return _followed(target, description)
    return {key: _followed(value, description) for key, value in part.items()}


def described(method: str, path: str) -> dict:
    """Return the responses to a request, by status; of a method that is not ours, its refusals."""
    # Every minor version of the API leads to the same call, with or without a slash at the end.
    path = re.sub(r"\A/v2\.\d+/", "/v2/", path).rstrip("/")
    # A path without a template goes before one with.
    items = sorted(load()["paths"].items(), key=lambda each: each[0].count("{"))
    item = next((item for each, item in items if _matches(each, path)), None)
    if item is None:
        return {}
    if method.lower() in item:
        return item[method.lower()]["responses"]
    known = next(item[each]["responses"] for each in METHODS if each in item)
    return {status: known[status] for status in _OF_ANY_METHOD}


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) is not None


def _header_problems(described: dict, response: webob.Response) -> Iterator[str]:
    known = {name.lower() for name in described} | _UNDESCRIBED
    for name in response.headers:
        if name.lower() not in known:
            yield f"the header {name} is not described"
    for name, header in described.items():
        value = response.headers.get(name)
        if value is not None:
            is_number = header["schema"].get("type") == "integer" and value.isdigit()
            yield from _schema_problems(header["schema"], int(value) if is_number else value)
        elif header.get("required"):
            yield f"the header {name} is missing"


def _body_problems(described: dict, response: webob.Response) -> Iterator[str]:
    media = described.get(response.content_type)
    if media is None:
        yield f"the content type {response.content_type} is not described"
        return
    text = response.body.decode()
    is_json = response.content_type == "application/json"
    yield from _schema_problems(media["schema"], json.loads(text) if is_json else text)


def _schema_problems(schema: dict, value: object) -> Iterator[str]:
    # The schemas refer to each other by "#/components/schemas/...".
    whole = {"components": load()["components"], **schema}
    for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
        yield error.message
