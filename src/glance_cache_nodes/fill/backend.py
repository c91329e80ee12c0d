# SPDX-License-Identifier: Apache-2.0
"""The backend as a source: Glance's own application behind this filter, called in the process."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import webob

from glance_cache_nodes.fill.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOT_FOR_INNER = ("HTTP_RANGE", "HTTP_CONTENT_RANGE", "HTTP_IF_", "HTTP_EXPECT", "HTTP_TRANSFER_")
OK, PARTIAL_CONTENT = 200, 206


def environ_for(environ: Mapping[str, Any], image_id: str, context: Any) -> dict[str, Any]:
    """Return what a later request for the image's bytes needs.

    Args:
        environ: the caller's request.
        image_id: the image.
        context: who asks the backend.
    """
    kept = {
        key: value
        for key, value in environ.items()
        if isinstance(value, str) and not key.startswith(_NOT_FOR_INNER)
    }
    objects = ("wsgi.version", "wsgi.errors", "keystone.token_auth", "keystone.token_info")
    kept.update((key, environ[key]) for key in objects if key in environ)
    return {
        **kept,
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/v2/images/{image_id}/file",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "0",
        "wsgi.input": io.BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "webob.adhoc_attrs": {"context": context},
    }


class Backend:
    """Glance's application.

    Args:
        application: what stands behind this filter.
        environ: the request, as :func:`environ_for` made it.
        name: what the log calls it.
    """

    is_peer = False

    def __init__(self, application: Any, environ: Mapping[str, Any]) -> None:
        self._application, self._environ = application, environ
        self.name = "the backend"

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the image's bytes from an offset on.

        Raises:
            SourceError: Glance refused, or its store broke off.
        """
        environ = dict(self._environ)
        if offset:
            environ["HTTP_RANGE"] = f"bytes={offset}-"
        # A store that cannot read at an offset refuses it: then all is read, and cut.
        for skipped in (0, offset) if offset else (0,):
            status, body = self._call(environ)
            if status == (PARTIAL_CONTENT if offset and not skipped else OK):
                yield from _cut(body, skipped)
                return
            _close(body)
            environ.pop("HTTP_RANGE", None)
        raise SourceError(f"Glance answered {status}")

    def _call(self, environ: dict[str, Any]) -> tuple[int, Any]:
        request = webob.Request(dict(environ))
        try:
            status, _, body = request.call_application(self._application)
        except Exception as error:
            raise SourceError(f"Glance failed: {error}") from error
        return int(status.split()[0]), body


def _cut(body: Any, skipped: int) -> Iterator[bytes]:
    try:
        for block in body:
            yield block[skipped:] if skipped < len(block) else b""
            skipped = max(0, skipped - len(block))
    except OSError as error:
        raise SourceError(f"the store failed: {error}") from error
    except Exception as error:
        raise SourceError(f"Glance broke off: {error}") from error
    finally:
        _close(body)


def _close(body: Any) -> None:
    if hasattr(body, "close"):
        with contextlib.suppress(Exception):
            body.close()
