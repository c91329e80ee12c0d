# SPDX-License-Identifier: Apache-2.0
"""Credentials whose requests go to one node instead of the endpoint in the catalogue."""

from __future__ import annotations

from typing import Any


class AtNode:
    """An auth provider for clients of the image API.

    Tokens are those of the provider inside; only the place that a request goes to is another.

    Args:
        provider: the auth provider of some credentials.
        endpoint: URL of the node, without ``/v2``.
    """

    def __init__(self, provider: Any, endpoint: str) -> None:
        self._provider = provider
        self._endpoint = endpoint.rstrip("/")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def base_url(self, filters: dict[str, Any], auth_data: Any = None) -> str:
        """Return the root of the API, as the catalogue would name it."""
        del auth_data
        version = filters.get("api_version")
        return f"{self._endpoint}/{version}" if version else self._endpoint

    def auth_request(
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        body: Any = None,
        filters: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, str], Any]:
        """Return the address at the node, the headers with the token, and the body."""
        del method
        with_token = {**(headers or {}), "X-Auth-Token": str(self._provider.get_token())}
        return f"{self.base_url(filters or {})}/{url}", with_token, body
