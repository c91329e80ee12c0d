# SPDX-License-Identifier: Apache-2.0
"""The paste filter ``egg:glance-cache-nodes#cache_fill``, directly behind Glance's ``cache``.

A download comes here only when this node does not hold the image. Whatever Glance would refuse,
and whatever this cannot do, goes on to Glance untouched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from oslo_log import log

from glance_cache_nodes import version
from glance_cache_nodes.cache import layout
from glance_cache_nodes.fill import service
from glance_cache_nodes.fill.download import Downloads
from glance_cache_nodes.fill.queue import FillQueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import webob

    from glance_cache_nodes.fill.service import FillService

LOG = log.getLogger(__name__)

_FILE = re.compile(rf"/v2/images/({layout.IMAGE_ID})/file\Z")
_CACHE = re.compile(rf"/v2/cache/({layout.IMAGE_ID})\Z")
_RANGES = ("HTTP_RANGE", "HTTP_CONTENT_RANGE")


def filter_factory(global_conf: Mapping[str, str], **local_conf: str) -> Callable[[Any], Any]:
    """Return the filter for paste."""
    del global_conf, local_conf  # The options stand in glance-api.conf, under [cache_nodes].
    loaded = service.load()
    if loaded is None:
        LOG.warning(
            "cache_fill does nothing: it needs image_cache_dir and "
            "image_cache_driver = centralized_db"
        )
        return lambda application: application
    LOG.info("glance-cache-nodes %s fills this node's cache", version())
    return lambda application: CacheFill(application, loaded)


class CacheFill:
    """A WSGI application that fills this node's cache and passes on other requests."""

    def __init__(self, application: Any, service: FillService) -> None:
        self._application = application
        self._downloads = Downloads(service, application)
        self._queue = FillQueue(service, application)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or pass it on."""
        try:
            response = self._answer(environ)
        except Exception:
            LOG.exception("cache_fill failed; Glance answers %s", environ["REQUEST_METHOD"])
            response = None
        answering = self._application if response is None else response
        return answering(environ, start_response)  # type: ignore[no-any-return]

    def _answer(self, environ: dict[str, Any]) -> webob.Response | None:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if method == "GET" and _is_plain_download(environ):
            image_id = _image_id(_FILE, path)
            return self._downloads.answer(environ, image_id) if image_id else None
        if method == "PUT" and not environ.get("QUERY_STRING"):
            image_id = _image_id(_CACHE, path)
            return self._queue.answer(environ, image_id) if image_id else None
        return None


def _image_id(pattern: re.Pattern[str], path: str) -> str | None:
    """Return the image that a path names; None where it has capitals: to Glance it is another."""
    found = pattern.match(path)
    image_id = found.group(1) if found else None
    return image_id if image_id and image_id == image_id.lower() else None


def _is_plain_download(environ: Mapping[str, Any]) -> bool:
    """Return whether the whole image is requested and Glance's cache lacks it."""
    special = any(name in environ for name in _RANGES) or environ.get("QUERY_STRING")
    return "api.cache.image_id" in environ and not special
