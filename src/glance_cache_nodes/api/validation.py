# SPDX-License-Identifier: Apache-2.0
"""Query parameters and bodies, held against the description that a route gives of them."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Callable

import jsonschema
from oslo_utils import strutils

from glance_cache_nodes.api import json_body, responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    import webob
    import webob.exc

# Characters of a wrong value, and of what jsonschema says of one, that a message repeats.
_SHOWN, _SAID = 60, 200


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A query parameter.

    Attributes:
        read: turns its text into a value; raises ValueError for a text that it does not take.
        expects: what it takes, in words that follow "takes".
        repeatable: whether it may be given more than once.
    """

    read: Callable[[str], Any]
    expects: str
    repeatable: bool = False


def text(expects: str, *, repeatable: bool = False) -> Parameter:
    """Return a parameter of printable characters, at least one."""
    return Parameter(_printable, expects, repeatable)


def integer(minimum: int, maximum: int) -> Parameter:
    """Return a parameter that is a whole number within bounds, both included."""
    read = functools.partial(_within, minimum, maximum)
    return Parameter(read, f"a whole number from {minimum} to {maximum}")


BOOLEAN = Parameter(functools.partial(strutils.bool_from_string, strict=True), "true or false")
"""A parameter that takes what Glance takes for a boolean: true, yes, on, 1, ..."""


@dataclasses.dataclass(frozen=True)
class Body:
    """A JSON body.

    Attributes:
        schema: its JSON schema, draft 7. The ``description`` of a part says what would be right,
            in words that follow "needs"; a message repeats it.
        limit: its greatest size, in bytes.
    """

    schema: Mapping[str, Any]
    limit: int = 65536


def query(known: Mapping[str, Parameter], request: webob.Request) -> Mapping[str, Any]:
    """Return the query parameters of a request, read as they are described.

    Raises:
        webob.exc.HTTPBadRequest: one is unknown, repeated or of another type.
    """
    if not known and request.query_string:
        raise _wrong("This call takes no query parameters.")
    try:
        given = request.GET
        names = set(given)
    except UnicodeDecodeError:
        raise _wrong("The query is not UTF-8.") from None
    unknown = sorted(names - set(known))
    if unknown:
        takes = ", ".join(known)
        raise _wrong(f"There is no query parameter {_shown(unknown[0])}. This call takes: {takes}.")
    return {name: _values(name, known[name], given.getall(name)) for name in known if name in names}


def body(known: Body | None, request: webob.Request) -> Any:
    """Return the body of a request, held against its schema; None for a route without one.

    Raises:
        webob.exc.HTTPBadRequest: it is there and should not be, or the other way round; it is too
            large, no JSON, or not as its schema says.
    """
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if known is None:
        if has_body:
            raise _wrong("This call takes no request body.")
        return None
    if not has_body:
        raise _wrong(f"This call needs a body of JSON: {known.schema['description']}.")
    try:
        value = json_body.read(request, known.limit)
    except ValueError as error:
        raise _wrong(str(error)) from None
    different = jsonschema.Draft7Validator(known.schema).iter_errors(value)
    worst = jsonschema.exceptions.best_match(different)
    if worst is not None:
        raise _wrong(_not_as_described(worst))
    return value


def _values(name: str, parameter: Parameter, texts: list[str]) -> Any:
    if len(texts) > 1 and not parameter.repeatable:
        raise _wrong(f"The query parameter {name} may be given once only.")
    values = [_value(name, parameter, each) for each in texts]
    return values if parameter.repeatable else values[0]


def _value(name: str, parameter: Parameter, given: str) -> Any:
    try:
        return parameter.read(given)
    except ValueError:
        raise _wrong(
            f"The query parameter {name} takes {parameter.expects}, not {_shown(given)}."
        ) from None


def _not_as_described(error: Any) -> str:
    place = "/".join(map(str, error.absolute_path))
    what = f"In the body, {place}" if place else "The body"
    needs = error.schema.get("description")
    wrong = _shortened(error.message, _SAID)
    return f"{what} needs {needs}: {wrong}." if needs else f"{what} is wrong: {wrong}."


def _printable(value: str) -> str:
    if not value.isprintable() or not value:
        raise ValueError(value)
    return value


def _within(minimum: int, maximum: int, value: str) -> int:
    # int() takes more: "1_0", " 1", digits of other scripts.
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(maximum))):
        raise ValueError(value)
    if not minimum <= int(value) <= maximum:
        raise ValueError(value)
    return int(value)


def _shown(value: str) -> str:
    return repr(_shortened(value, _SHOWN))


def _shortened(value: str, length: int) -> str:
    return value if len(value) <= length else value[:length] + "..."


def _wrong(explanation: str) -> webob.exc.HTTPException:
    return responses.refusal(responses.BAD_REQUEST, explanation)
