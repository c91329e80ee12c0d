# SPDX-License-Identifier: Apache-2.0
"""Whether a node reference URL leads anywhere."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_web_address(url: str) -> bool:
    """Return whether a URL has the scheme http or https, a host, and a port that there can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
