# SPDX-License-Identifier: Apache-2.0
"""``GET /v2/images/{image_id}/file`` of an image that this node does not hold yet."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import webob
from glance import notifier
from glance.api.common import size_checked_iter
from oslo_log import log

from glance_cache_nodes.fill import access, reader, redirect, wanted
from glance_cache_nodes.fill import request as kept_request
from glance_cache_nodes.fill.ledger import LedgerBusyError, Refused
from glance_cache_nodes.fill.peer import MARK, ONLY_IF_CACHED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.fill.node import Node
    from glance_cache_nodes.fill.reader import Reader
    from glance_cache_nodes.fill.sources import Neighbours
    from glance_cache_nodes.fill.wanted import Wanted

LOG = log.getLogger(__name__)
_MARK = "HTTP_" + MARK.upper().replace("-", "_")
GATEWAY_TIMEOUT = 504


class Downloads:
    """Answers downloads during a fill.

    Args:
        this: this node.
        application: what stands behind the filter.
    """

    def __init__(self, this: Node, application: Any) -> None:
        self._node, self._application = this, application
        self._notifier = notifier.Notifier()

    def answer(self, environ: Mapping[str, Any], image_id: str) -> webob.Response | None:
        """Return the response to a request; None if Glance answers it.

        Args:
            environ: the request, without a range or a query.
            image_id: the image.
        """
        around = self._node.neighbours()
        if around is None:
            return None
        request = webob.Request(environ)
        image = access.image_to_download(self._node.enforcer, request.context, image_id)
        asked = wanted.of(image) if image else None
        # A cached file that Glance's filter left alone is one that it must not serve.
        if asked is None or self._node.publisher.has_file(image_id):
            return None
        if _only_if_cached(environ):
            return webob.Response(status=GATEWAY_TIMEOUT)
        body = self._reader(environ, request.context, asked, around)
        if body:
            return self._streamed(request, image, body)
        return self._redirected(request, image_id, around)

    def _reader(
        self, environ: Mapping[str, Any], context: Any, asked: Wanted, around: Neighbours
    ) -> Reader | None:
        """Return the bytes as they arrive; start a fill if none runs."""
        if not self._node.ledger.limits.at_once:
            return None
        try:
            claim = self._node.claim(asked)
        except (LedgerBusyError, OSError) as error:
            LOG.warning("Image %s is not filled in: %s", asked.id, error or "the ledger is busy")
            return None
        if isinstance(claim, Refused):
            LOG.info("Image %s is not filled in: %s", asked.id, claim.reason)
            return None
        if claim and self._node.publisher.is_cached(asked):
            claim.release()
        elif claim:
            kept = kept_request.keep(environ, context, asked.id, self._application, as_admin=False)
            filler = self._node.filler(asked, around, kept, from_peer=_MARK in environ)
            try:
                threading.Thread(target=filler.run, args=(claim,), daemon=True).start()
            except RuntimeError:  # there are too many threads
                claim.release()
                raise
        return reader.follow(self._node.ledger, asked, self._node.patience)

    def _streamed(self, request: webob.Request, image: Any, body: Reader) -> webob.Response:
        # The outer cache would copy the bytes once more, and check the caller once more.
        request.environ.pop("api.cache.image_id", None)
        response = webob.Response(request=request)
        response.app_iter = size_checked_iter(
            response, access.target_of(image), image.size, body, self._notifier
        )
        response.headers["Content-Type"] = "application/octet-stream"
        if image.checksum:
            response.headers["Content-MD5"] = image.checksum
        response.headers["Content-Length"] = str(image.size)
        return response

    def _redirected(
        self, request: webob.Request, image_id: str, around: Neighbours
    ) -> webob.Response | None:
        if not self._node.conf.cache_nodes.redirect_downloads or _MARK in request.environ:
            return None
        location = redirect.location(around, request, image_id)
        if location is None:
            return None
        return redirect.response(location)


def _only_if_cached(environ: Mapping[str, Any]) -> bool:
    return _MARK in environ and ONLY_IF_CACHED in environ.get("HTTP_CACHE_CONTROL", "")
