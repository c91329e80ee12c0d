# SPDX-License-Identifier: Apache-2.0
"""Peers that this node does not ask for a while: a marker file each, for all its processes."""

from __future__ import annotations

import contextlib
import hashlib
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.cache import layout

if TYPE_CHECKING:
    from pathlib import Path

WRONG_BYTES = 600.0
"""Seconds for which a peer that served wrong bytes is not asked."""
NO_ANSWER = 15.0
"""Seconds for which a peer that did not answer, or broke off, is not asked."""


class PeerBackOff:
    """The peers to avoid.

    Args:
        directory: Glance's image_cache_dir.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, url: str, seconds: float) -> None:
        """Avoid a peer for so many seconds, unless it is avoided for longer."""
        until = time.time() + seconds
        if self._until(url) >= until:
            return
        with contextlib.suppress(OSError):  # a full disk: it is asked again
            self._marker(url).write_text(f"{until:.3f} {url}\n")

    def has(self, url: str) -> bool:
        """Return whether a peer is to be avoided now; a marker that is over is removed."""
        until = self._until(url)
        if until > time.time():
            return True
        if until:
            with contextlib.suppress(OSError):
                self._marker(url).unlink()
        return False

    def _until(self, url: str) -> float:
        try:
            until = float(self._marker(url).read_text().split()[0])
        except FileNotFoundError:
            return 0.0
        except (OSError, ValueError, IndexError):
            return 1.0  # a marker that cannot be read is as good as one that is over
        # A clock that was set back must not make it last. The marker is rounded to milliseconds.
        return until if until - time.time() < WRONG_BYTES + 1 else 1.0

    def _marker(self, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        return layout.fill_dir(self._directory) / f"{name}.avoid"
