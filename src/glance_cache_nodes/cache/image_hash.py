# SPDX-License-Identifier: Apache-2.0
"""The strongest hash by which an image's bytes can be told from others."""

from __future__ import annotations

import hashlib
from typing import Any


def strongest(
    algorithm: str | None, digest: str | None, checksum: str | None
) -> tuple[str | None, str | None]:
    """Return the strongest hash that Glance has of an image and Python can compute.

    Args:
        algorithm: Glance's ``os_hash_algo``.
        digest: its ``os_hash_value``, in hexadecimal.
        checksum: its MD5, in hexadecimal.

    Returns:
        The algorithm, by hashlib's name, and the digest; None and None where there is none.
    """
    for name, value in ((algorithm, digest), ("md5", checksum)):
        if name and value and _is_known(name):
            # Glance takes capital letters and spaces in the hash of an image at a location.
            return name, "".join(value.split()).lower()
    return None, None


def new(algorithm: str) -> Any:
    """Return a new hash object, also where MD5 may not be used for security.

    Raises:
        ValueError: Python does not know the algorithm.
    """
    return hashlib.new(algorithm, usedforsecurity=False)


def _is_known(algorithm: str) -> bool:
    try:
        return bool(new(algorithm).digest_size)  # 0: of any length, so Glance names no length
    except ValueError:
        return False
