# SPDX-License-Identifier: Apache-2.0
"""The URL of a node: its parts, its normal form, and whether two URLs name the same node."""

from __future__ import annotations

import dataclasses
import functools
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_NEVER = set(
    " @?#\\"
)  # no credentials, no query, no fragment, and nothing that programs read apart


@dataclasses.dataclass(frozen=True)
class Parts:
    """The parts of a node's URL.

    Attributes:
        scheme: ``http`` or ``https``.
        host: a name or an address, in lower case, without brackets.
        port: the one of the URL, else that of the scheme.
        path: without a slash at the end; empty for none.
    """

    scheme: str
    host: str
    port: int
    path: str


@functools.lru_cache(maxsize=4096)
def split(url: str) -> Parts:
    """Return the parts of a URL that can be called.

    Raises:
        ValueError: it is no plain ``http`` or ``https`` URL with a host and a possible port.
    """
    parts = _parsed(url)
    if "*" in parts.host or not all(parts.host.rstrip(".").split(".")):
        raise ValueError(url)
    return parts


def is_url(text: str) -> bool:
    """Return whether a text is a URL that can be called, as :func:`split` takes it."""
    try:
        split(text)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=4096)
def normal(url: str) -> str:
    """Return a URL for comparison; a text that is no URL of a node is returned as it is.

    Scheme and host are in lower case. The port of the scheme and a slash at the end are left out.
    A ``*`` in the host, as in the sites file, stays.
    """
    try:
        parts = _parsed(url)
    except ValueError:
        return url
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    port = "" if parts.port == _PORTS[parts.scheme] else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path}"


def are_same(one: str, other: str) -> bool:
    """Return whether two URLs name the same node."""
    return one == other or normal(one) == normal(other)


def _parsed(url: str) -> Parts:
    if not url.isascii() or not url.isprintable() or set(url) & _NEVER:
        raise ValueError(url)
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.port == 0:
        raise ValueError(url)
    port = parts.port or _PORTS[parts.scheme]
    return Parts(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
