# SPDX-License-Identifier: Apache-2.0
"""TLS to other nodes, by the options of keystoneauth in ``[cache_nodes]``."""

from __future__ import annotations

import os
import ssl
import threading
from typing import Any

from oslo_log import log
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from glance_cache_nodes.exception import TLS, NodeError

LOG = log.getLogger(__name__)

_State = tuple[object, ...]


class TlsSettings:
    """The settings with which nodes are called by ``https``, read again when a file changes.

    Args:
        options: the group ``[cache_nodes]``: ``cafile``, else the authorities that requests trusts;
            ``insecure``; ``certfile`` and ``keyfile``.
    """

    def __init__(self, options: Any) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._read: _State | None = None
        self._refused: _State | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return the settings as the files are now, or as they could be read last.

        A certificate and its key are renewed one after the other, so that for a moment they do not
        match.

        Raises:
            NodeError: the files could never be read, or are not what they should be.
        """
        state = self._state()
        if state != self._read or self._context is None:
            with self._lock:
                if state != self._read or self._context is None:
                    self._renew(state)
        return self._context  # type: ignore[return-value]  # _renew sets it or raises

    def _renew(self, state: _State) -> None:
        try:
            self._context = self._make()
            self._read = state
        except OSError as error:  # ssl.SSLError is one
            reason = f"[cache_nodes] cafile, certfile or keyfile cannot be used: {error}"
            if self._context is None:
                raise NodeError(TLS, reason) from error
            if state != self._refused:
                LOG.warning("%s; the last ones that could be used apply", reason)
            self._refused = state

    def _make(self) -> ssl.SSLContext:
        options = self._options
        cafile = None if options.insecure else options.cafile
        made = ssl.create_default_context(cafile=cafile or DEFAULT_CA_BUNDLE_PATH)
        if options.insecure:
            made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        if options.certfile:
            made.load_cert_chain(options.certfile, options.keyfile or None)
        return made

    def _state(self) -> _State:
        options = self._options
        return tuple(_stat(each) for each in (options.cafile, options.certfile, options.keyfile))


def _stat(path: str | None) -> tuple[int, ...] | None:
    try:
        found = os.stat(path) if path else None  # noqa: PTH116 - a tenth of Path's cost
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
