# SPDX-License-Identifier: Apache-2.0
"""What a node answers to a request, and what its status means."""

from __future__ import annotations

import dataclasses

from glance_cache_nodes.fleet.outcome import REFUSED, UNREACHABLE, UNVERIFIED

_REFUSALS = {401: "it does not accept the token (401)", 403: "its policy refuses (403)"}
_UNVERIFIED = {
    404: "it does not know the image, or may not show it (404)",
    409: "it caches no images, or keeps a record of its own (409)",
}


@dataclasses.dataclass(frozen=True)
class Reply:
    """The reply of a node.

    Attributes:
        status: of HTTP.
        body: at most as long as the limit.
        hint: what is said besides when it refuses the token.
    """

    status: int
    body: bytes = b""
    hint: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - statuses of HTTP

    def outcome(self) -> str:
        """Return the outcome that a status other than success means."""
        if self.status in _REFUSALS:
            return REFUSED
        return UNVERIFIED if self.status in _UNVERIFIED else UNREACHABLE

    def reason(self) -> str:
        """Return that in words for an operator."""
        if self.status in _REFUSALS:
            return _REFUSALS[self.status] + self.hint
        return _UNVERIFIED.get(self.status) or self.status_in_words()

    def status_in_words(self) -> str:
        """Return the status in words that say nothing of an image or a token."""
        if 300 <= self.status < 400:  # noqa: PLR2004
            return f"it redirects elsewhere ({self.status}), which is not followed"
        return f"it answered with the status {self.status}"
