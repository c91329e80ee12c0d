# SPDX-License-Identifier: Apache-2.0
"""The paste filter ``egg:glance-cache-nodes#cache_nodes``.

It stands in Glance's pipeline after ``context``, which tells who calls, and before ``cache``.
A request goes this way::

    request -> ROUTES -> policy -> validation -> handler -> query (one SQL statement) -> response

and one whose path is in no route goes on to Glance untouched.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

import webob
import webob.exc
from oslo_log import log

from glance_cache_nodes import service, version
from glance_cache_nodes.api import context, other_methods, responses, validation
from glance_cache_nodes.api.error_log import DatabaseErrorLog
from glance_cache_nodes.api.image import RequestedImage
from glance_cache_nodes.api.routes import COMMON, ROUTES, Route, Routes, Table
from glance_cache_nodes.exception import DatabaseUnavailableError, TooManyCallsError
from glance_cache_nodes.policies import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glance_cache_nodes.service import Service

LOG = log.getLogger(__name__)

_TOO_MANY = "This node makes as many calls to other nodes as [cache_nodes] fleet_calls lets it."


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[Any], CacheNodesFilter]:
    """Return what paste wraps around the next application of the pipeline."""
    del global_conf, local_conf  # The options stand in glance-api.conf, under [cache_nodes].
    loaded = service.load()
    LOG.info("glance-cache-nodes %s loaded", version())
    return lambda application: CacheNodesFilter(application, loaded)


class CacheNodesFilter:
    """A WSGI application that answers the routes of the add-on and passes on all else."""

    def __init__(self, application: Any, service: Service, routes: Routes = ROUTES) -> None:
        self._application = application
        self._service = service
        self._table = Table(routes)
        self._errors = DatabaseErrorLog(LOG)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or pass it on."""
        path = environ.get("PATH_INFO", "")
        found = self._table.find(path) if COMMON in path else None
        if found is None:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        methods, names = found
        route = methods.get(environ["REQUEST_METHOD"])
        if route is None:
            return other_methods.answer(self._application, environ, start_response, methods)
        request = webob.Request(environ)
        response = self._answer(request, route, names)
        context.give_request_id(request, response)
        return response(environ, start_response)  # type: ignore[no-any-return]

    def _answer(self, request: webob.Request, route: Route, names: Mapping[str, str]) -> Any:
        try:
            response = respond(self._service, self._application, request, route, names)
        except webob.exc.HTTPException as refusal:
            return refusal
        except DatabaseUnavailableError as error:
            self._errors.count(error)
            return responses.unavailable("Glance's database does not answer.")
        except TooManyCallsError:
            return responses.unavailable(_TOO_MANY)
        except Exception:
            LOG.exception("A request for %s failed", request.method)
            return responses.refusal(responses.INTERNAL_ERROR)
        self._errors.end()
        return response


def respond(
    service: Service,
    application: Any,
    request: webob.Request,
    route: Route,
    names: Mapping[str, str],
) -> webob.Response:
    """Answer a request of a route: 431, 403 and 400 are looked for in this order, then the rest.

    Raises:
        webob.exc.HTTPException: the refusal.
        DatabaseUnavailableError: there was no answer within the bound.
        TooManyCallsError: this process makes as many calls to many nodes as it may.
    """
    started = time.monotonic()
    caller = context.require(request)
    image = RequestedImage(service, caller, names["image_id"]) if "image_id" in names else None
    if not rules.allows(service.enforcer, caller, route.rule, image.target if image else {}):
        raise responses.refusal(
            responses.FORBIDDEN, f"Policy rule {route.rule} does not allow you this request."
        )
    query = validation.query(route.query, request)
    body = validation.body(route.body, request)
    return route.handler(service, request, context.Params(image, query, body, application, started))
