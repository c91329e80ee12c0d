# SPDX-License-Identifier: Apache-2.0
"""The adapter of keystoneauth over which the client calls Glance."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from keystoneauth1 import adapter, session, token_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def adapter_for(
    endpoint: str, token: str = "admin", timeout: float | None = None
) -> Iterator[adapter.Adapter]:
    """Give an adapter for the image API at a URL; its connections are closed in the end.

    Args:
        endpoint: the URL.
        token: what it sends; Glance in this process takes the words of :mod:`glance_site`.
        timeout: seconds that a request may take; None for no limit.
    """
    opened = session.Session(token_endpoint.Token(endpoint, token), timeout=timeout)
    try:
        yield adapter.Adapter(opened, service_type="image")
    finally:
        opened.session.close()
