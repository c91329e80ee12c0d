# SPDX-License-Identifier: Apache-2.0
"""``GET /v2/images/{image_id}/file`` of an image that this node does not hold yet."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import webob
from glance import notifier
from glance.api.common import size_checked_iter
from oslo_log import log

from glance_cache_nodes.exception import LockBusyError, NoThreadError
from glance_cache_nodes.fill import access, caller, image, reader, redirect
from glance_cache_nodes.fill.ledger import Refused
from glance_cache_nodes.fill.peer import MARK, ONLY_IF_CACHED
from glance_cache_nodes.net import threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.peer_finder import PeerFinder
    from glance_cache_nodes.fill.reader import Reader
    from glance_cache_nodes.fill.service import FillService

LOG = log.getLogger(__name__)
_MARK = "HTTP_" + MARK.upper().replace("-", "_")
GATEWAY_TIMEOUT = 504


class Downloads:
    """Answers downloads during a fill.

    Args:
        service: what fills use.
        application: what stands behind the filter.
    """

    def __init__(self, service: FillService, application: Any) -> None:
        self._service, self._application = service, application
        self._notifier = notifier.Notifier()

    def answer(self, environ: Mapping[str, Any], image_id: str) -> webob.Response | None:
        """Return the response to a request; None if Glance answers it.

        Args:
            environ: the request, without a range or a query.
            image_id: the image.
        """
        peers = self._service.peers()
        if peers is None:
            return None
        request = webob.Request(environ)
        enforcer = self._service.shared.enforcer.glance
        shown = access.image_to_download(enforcer, request.context, image_id)
        asked = image.of(shown) if shown else None
        # A cached file that Glance's filter left alone is one that it must not serve.
        if asked is None or self._service.publisher.has_file(image_id):
            return None
        if _only_if_cached(environ):
            return webob.Response(status=GATEWAY_TIMEOUT)
        body = self._reader(environ, request.context, asked, peers)
        if body:
            return self._streamed(request, shown, body)
        return self._redirected(request, image_id, peers)

    def _reader(
        self, environ: Mapping[str, Any], context: Any, asked: ImageToFill, peers: PeerFinder
    ) -> Reader | None:
        """Return the bytes as they arrive; start a fill if none runs."""
        if not self._service.ledger.limits.at_once:
            return None
        try:
            claim = self._service.claim(asked)
        except (LockBusyError, OSError) as error:
            LOG.warning("Image %s is not filled in: %s", asked.id, error or "the ledger is busy")
            return None
        if isinstance(claim, Refused):
            LOG.info("Image %s is not filled in: %s", asked.id, claim.reason)
            return None
        if claim and self._service.publisher.is_cached(asked):
            claim.release()
        elif claim:
            kept = caller.keep(environ, context, asked.id, self._application, as_admin=False)
            filler = self._service.filler(asked, peers, kept, from_peer=_MARK in environ)
            try:
                threads.start("cache-nodes-fill", functools.partial(filler.run, claim))
            except NoThreadError:
                claim.release()
                raise
        return reader.follow(self._service.ledger, asked, self._service.patience)

    def _streamed(self, request: webob.Request, shown: Any, body: Reader) -> webob.Response:
        # The outer cache would copy the bytes once more, and check the caller once more.
        request.environ.pop("api.cache.image_id", None)
        response = webob.Response(request=request)
        response.app_iter = size_checked_iter(
            response, access.target_of(shown), shown.size, body, self._notifier
        )
        response.headers["Content-Type"] = "application/octet-stream"
        if shown.checksum:
            response.headers["Content-MD5"] = shown.checksum
        response.headers["Content-Length"] = str(shown.size)
        return response

    def _redirected(
        self, request: webob.Request, image_id: str, peers: PeerFinder
    ) -> webob.Response | None:
        if not self._service.shared.conf.cache_nodes.redirect_downloads or _MARK in request.environ:
            return None
        location = redirect.location(peers, request, image_id)
        if location is None:
            return None
        return redirect.response(location)


def _only_if_cached(environ: Mapping[str, Any]) -> bool:
    return _MARK in environ and ONLY_IF_CACHED in environ.get("HTTP_CACHE_CONTROL", "")
