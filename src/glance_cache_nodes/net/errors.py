# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on a connection to another node, in words for an operator."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import CONNECTION, TIMEOUT, TLS, NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.net.deadline import Deadline


@contextlib.contextmanager
def told(deadline: Deadline) -> Iterator[None]:
    """Tell what goes wrong with a connection in the block.

    Raises:
        NodeError: the reason.
    """
    try:
        yield
    # ValueError: of a socket that was shut under TLS, or of a path that HTTP does not have.
    except (OSError, ValueError, http.client.HTTPException) as error:
        if deadline.is_over():
            raise NodeError(TIMEOUT, f"no answer within {deadline.seconds:.1f} s") from error
        code = TLS if isinstance(error, ssl.SSLError) else CONNECTION
        raise NodeError(code, in_words(error)) from error


def in_words(error: Exception) -> str:
    """Return what went wrong; it holds no secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "it closed the connection in the middle of its answer"
    if isinstance(error, (http.client.HTTPException, ValueError)):
        return "its answer is not HTTP"
    return f"no connection: {getattr(error, 'strerror', None) or error}"
