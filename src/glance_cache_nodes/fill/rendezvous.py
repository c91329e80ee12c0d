# SPDX-License-Identifier: Apache-2.0
"""Choose the node of a site that reads an image from the backend, the same on all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def order(image_id: str, urls: Iterable[str]) -> list[str]:
    """Return nodes by their rendezvous hash with an image, the highest first.

    A node that comes or goes changes nothing about the order of the others.

    Args:
        image_id: the image.
        urls: node reference URLs.
    """
    return sorted(set(urls), key=lambda url: _score(image_id, url), reverse=True)


def _score(image_id: str, url: str) -> bytes:
    return hashlib.sha256(f"{image_id} {url}".encode()).digest()
