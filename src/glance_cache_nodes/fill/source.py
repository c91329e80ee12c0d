# SPDX-License-Identifier: Apache-2.0
"""Where the bytes of an image come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class SourceError(Exception):
    """A source does not give the image, or not all of it.

    Args:
        reason: why.
        is_polite: whether it said so at once, so that it can be asked again soon.
    """

    def __init__(self, reason: str, *, is_polite: bool = False) -> None:
        super().__init__(reason)
        self.is_polite = is_polite


class Source(Protocol):
    """A peer, or the backend."""

    name: str
    is_peer: bool

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the bytes from an offset on; a peer gives all or nothing, so from 0 on.

        Raises:
            SourceError: it does not give them.
        """
