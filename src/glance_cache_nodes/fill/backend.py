# SPDX-License-Identifier: Apache-2.0
"""The backend as a source: Glance's own application behind this filter, called in the process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import webob

from glance_cache_nodes.exception import FillSourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OK, PARTIAL_CONTENT = 200, 206


class Backend:
    """Glance's application."""

    is_store = True
    is_holder = False

    def __init__(self, application: Any, environ: Mapping[str, Any]) -> None:
        self._application, self._environ = application, environ
        self.name = "the store"

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the image's bytes from an offset on.

        Raises:
            FillSourceError: Glance refused, or its store broke off.
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
        raise FillSourceError(f"Glance answered {status}")

    def _call(self, environ: dict[str, Any]) -> tuple[int, Any]:
        request = webob.Request(dict(environ))
        try:
            status, _, body = request.call_application(self._application)
        except Exception as error:
            raise FillSourceError(f"Glance failed: {error}") from error
        return int(status.split()[0]), body


def _cut(body: Any, skipped: int) -> Iterator[bytes]:
    try:
        for block in body:
            yield block[skipped:] if skipped < len(block) else b""
            skipped = max(0, skipped - len(block))
    except OSError as error:
        raise FillSourceError(f"the store failed: {error}") from error
    except Exception as error:
        raise FillSourceError(f"Glance broke off: {error}") from error
    finally:
        _close(body)


def _close(body: Any) -> None:
    if hasattr(body, "close"):
        with contextlib.suppress(Exception):
            body.close()
