# SPDX-License-Identifier: Apache-2.0
"""A request for a path of ours by a method that is not: Glance's own, where it has the path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import webob

from glance_cache_nodes.api import context, responses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# Where Glance's router leaves the route that it has found, or None.
_ROUTE = "routes.route"
_NOT_ASKED = object()


def answer(
    application: Any, environ: dict[str, Any], start_response: Any, ours: Collection[str]
) -> Iterable[bytes]:
    """Let Glance answer, and add what is ours to what it says of the path."""
    before = environ.get(_ROUTE, _NOT_ASKED)
    request = webob.Request(environ)
    status, headers, body, error = request.call_application(application, catch_exc_info=True)
    route = environ.get(_ROUTE, _NOT_ASKED)
    if route is not before and _is_replaced(route, ours):
        _close(body)
        refusal = responses.method_not_allowed(ours)
    elif status.startswith(f"{responses.METHOD_NOT_ALLOWED.code} "):
        refusal = webob.Response(status=status, headerlist=_with(ours, headers), app_iter=body)
    else:
        start_response(status, headers, error)
        return body  # type: ignore[no-any-return]
    context.give_request_id(request, refusal)
    return refusal(environ, start_response)  # type: ignore[no-any-return]


def _is_replaced(route: Any, ours: Collection[str]) -> bool:
    """Return whether Glance has no such route, or one in whose place ours stands.

    Glance's router takes ``?_method=GET`` for the method, and would so lead past our routes.
    """
    if route is None:
        return True
    conditions = route.conditions or {}
    return not set(ours).isdisjoint(conditions.get("method", ()))


def _with(ours: Collection[str], headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers with methods of ours in ``Allow``."""
    allowed = [value for name, value in headers if name.lower() == "allow"]
    methods = {method.strip() for value in allowed for method in value.split(",")} - {""}
    others = [header for header in headers if header[0].lower() != "allow"]
    return [("Allow", responses.allow({*methods, *ours})), *others]


def _close(body: Any) -> None:
    if hasattr(body, "close"):
        body.close()
