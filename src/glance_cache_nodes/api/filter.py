# SPDX-License-Identifier: Apache-2.0
"""The paste filter ``egg:glance-cache-nodes#cache_nodes``.

It stands in Glance's pipeline after ``context``, which tells who calls, and before ``cache``.
A request goes this way::

    request -> ROUTES -> handler -> policy -> catalogue (one SQL statement) -> JSON

and one whose path is in no route goes on to Glance untouched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

import webob
import webob.exc
from oslo_log import log

from glance_cache_nodes.api import responses, service
from glance_cache_nodes.api.handlers import image_nodes
from glance_cache_nodes.exception import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOG = log.getLogger(__name__)

Handler = Callable[..., webob.Response]

# Every path of the API, with the handler of each method.
ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "/v2/cache/nodes/{image_id}": {"GET": image_nodes.list_for_image},
}

# A slash that is doubled or stands at the end makes no difference to Glance's own routes.
_SLASHES = re.compile("/+")
_PATTERNS = [
    (re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + r"/?\Z"), handlers)
    for path, handlers in ROUTES.items()
]


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[Any], CacheNodesFilter]:
    """Return what paste wraps around the next application of the pipeline."""
    del global_conf, local_conf  # The options stand in glance-api.conf, under [cache_nodes].
    lasting = service.load()
    return lambda application: CacheNodesFilter(application, lasting)


class CacheNodesFilter:
    """A WSGI application that answers the routes of the add-on and passes on all else.

    Args:
        application: the rest of Glance's pipeline.
        lasting: what the handlers use.
    """

    def __init__(self, application: Any, lasting: service.Service) -> None:
        self._application = application
        self._service = lasting

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or pass it on."""
        path = environ.get("PATH_INFO", "")
        if "/cache" not in path:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        match = _match(_SLASHES.sub("/", path))
        if match is None:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        handlers, parameters = match
        request = webob.Request(environ)
        response = self._answer(request, handlers, parameters)
        _give_request_id(request, response)
        return response(environ, start_response)  # type: ignore[no-any-return]

    def _answer(
        self, request: webob.Request, handlers: Mapping[str, Handler], parameters: dict[str, str]
    ) -> Any:
        try:
            _require_context(request)
            handler = handlers.get(request.method)
            if handler is None:
                return responses.method_not_allowed(list(handlers))
            return handler(self._service, request, **parameters)
        except webob.exc.HTTPException as refusal:
            return refusal
        except DatabaseUnavailableError as error:
            LOG.error("Database failure: %s", error)  # noqa: TRY400 - one line
            return responses.unavailable()
        except Exception:
            LOG.exception("A request for %s failed", request.method)
            return webob.exc.HTTPInternalServerError()


def _match(path: str) -> tuple[Mapping[str, Handler], dict[str, str]] | None:
    for pattern, handlers in _PATTERNS:
        match = pattern.match(path)
        if match:
            return handlers, match.groupdict()
    return None


def _require_context(request: webob.Request) -> None:
    context = getattr(request, "context", None)
    if isinstance(context, webob.exc.HTTPException):
        # Glance leaves its refusal of an over-long request id where the caller should be.
        raise context
    if context is None:
        raise RuntimeError(
            "the filter cache_nodes must stand after context in glance-api-paste.ini; "
            "`glance-cache-nodes paste` puts it there"
        )


def _give_request_id(request: webob.Request, response: Any) -> None:
    # The context filter puts the caller's id on the answer later; it can only where there is one.
    if not hasattr(getattr(request, "context", None), "request_id"):
        response.headers["x-openstack-request-id"] = responses.new_request_id()
