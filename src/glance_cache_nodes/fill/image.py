# SPDX-License-Identifier: Apache-2.0
"""The image that a fill brings: its size and its hash."""

from __future__ import annotations

import dataclasses
from typing import Any

from glance_cache_nodes.cache import image_hash


@dataclasses.dataclass(frozen=True)
class ImageToFill:
    """An active image.

    Attributes:
        id: its UUID.
        size: its bytes, at least 1.
        checksum: the MD5 that Glance answers as ``Content-MD5``; None for an image without one.
        algorithm: the strongest hash that is known of it, by hashlib's name; None for none.
        digest: that hash, in hexadecimal.
    """

    id: str
    size: int
    checksum: str | None
    algorithm: str | None
    digest: str | None

    def hasher(self) -> Any:
        """Return a new hash object; None for an image without a checksum."""
        return None if self.algorithm is None else image_hash.new(self.algorithm)


def of(image: Any) -> ImageToFill | None:
    """Return what to fill in for an image of Glance's domain; None where it has no bytes yet."""
    if image.status != "active" or not image.size:
        return None
    algorithm, digest = image_hash.strongest(
        image.os_hash_algo, image.os_hash_value, image.checksum
    )
    return ImageToFill(image.image_id, image.size, image.checksum, algorithm, digest)
