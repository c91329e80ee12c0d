# SPDX-License-Identifier: Apache-2.0
"""Requests to other nodes with the caller's token."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import requests
from keystoneauth1.exceptions import ClientException
from keystoneauth1.session import Session

from glance_cache_nodes.exception import NodeError
from glance_cache_nodes.fleet import tls
from glance_cache_nodes.fleet.adapter import NodeAdapter
from glance_cache_nodes.fleet.outcome import UNREACHABLE
from glance_cache_nodes.fleet.reply import Reply
from glance_cache_nodes.fleet.web_address import is_web_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from glance_cache_nodes.fleet.names import Names
    from glance_cache_nodes.fleet.turn import Turn
_NO_ADDRESS = "its node reference URL is no plain http or https address"


class Peers:
    """What sends the requests of one call.

    Args:
        options: the group ``[cache_nodes]``, with keystoneauth's options for TLS.
        names: what looks up hosts.
        headers: what each request has: the caller's token, the request id.
        has_access_rules: whether the token is of an application credential with access rules.
    """

    def __init__(
        self,
        options: Any,
        names: Names,
        headers: Mapping[str, str],
        *,
        has_access_rules: bool = False,
    ) -> None:
        self._options, self._names, self._headers = options, names, headers
        self._has_access_rules = has_access_rules
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def call(self, method: str, node: str, path: str, turn: Turn) -> Reply:
        """Send a request to a node.

        Args:
            method: of HTTP.
            node: its node reference URL, which an operator has registered.
            path: from the root of the image API on.
            turn: the time that it has.

        Raises:
            NodeError: there was no answer that can be used, or not in time.
        """
        _require_web_address(node)
        with requests.Session() as session:
            session.trust_env = False  # no proxy gets the token, and no netrc adds a password
            for scheme in ("http://", "https://"):
                session.mount(scheme, NodeAdapter(turn, self._names, self._tls))
            try:
                response = Session(session=session).request(
                    node.rstrip("/") + path,
                    method,
                    headers=dict(self._headers),
                    authenticated=False,
                    redirect=False,
                    raise_exc=False,
                    log=False,
                )
            except (ClientException, UnicodeError) as error:  # before anything was sent
                raise NodeError(UNREACHABLE, _NO_ADDRESS) from error
        return Reply(response.status_code, response.content, self._hint(method))

    def _hint(self, method: str) -> str:
        if not self._has_access_rules:
            return ""
        path = "/v2/cache/{image_id}"
        return f"; the application credential needs an access rule for {method} {path} of image"

    def _tls(self) -> ssl.SSLContext:
        # Reading the authorities takes longer than a request, so once for all nodes.
        with self._lock:
            if self._context is None:
                try:
                    self._context = tls.context(self._options)
                except OSError as error:  # ssl.SSLError is one
                    reason = f"[cache_nodes] cafile, certfile or keyfile cannot be used: {error}"
                    raise NodeError(UNREACHABLE, reason) from error
            return self._context


def _require_web_address(node: str) -> None:
    if (
        not is_web_address(node)
        or "@" in node
        or not node.isprintable()
        or set(node) & set(" ?#\\")
    ):
        raise NodeError(UNREACHABLE, _NO_ADDRESS)
