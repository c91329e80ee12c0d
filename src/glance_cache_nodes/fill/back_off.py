# SPDX-License-Identifier: Apache-2.0
"""What is not tried for a while after it failed, known to all processes of the node.

Each failure doubles the time. When it is over, one process tries again, and the others wait for
what comes of that.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import time
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes.cache import layout, locks, state

if TYPE_CHECKING:
    from pathlib import Path

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class _Failures:
    count: int = 0
    until: float = 0.0
    seconds: float = 0.0


class BackOff:
    """Names that have failed.

    Args:
        directory: Glance's image_cache_dir.
        first: seconds for which a name is left alone at first.
        longest: seconds for which it is at most.
        in_a_row: failures after which it is.
    """

    def __init__(self, directory: Path, *, first: float, longest: float, in_a_row: int = 1) -> None:
        self._directory, self._first, self._longest = directory, first, longest
        self._in_a_row = in_a_row
        self._unwritten: dict[str, _Failures] = {}  # where the disk takes no file

    def is_on(self, name: str) -> bool:
        """Return whether a name is to be left alone now."""
        return self._read(name).until > time.time()

    def may_try(self, name: str) -> bool:
        """Return whether a name may be tried; after its time is over, only one caller may."""
        failures = self._read(name)
        if failures.until > time.time():
            return False
        return failures.until == 0.0 or self._take_the_try(name, failures)

    def failed(self, name: str) -> float:
        """Count a failure; return the seconds for which the name is left alone, 0 for none."""
        before = self._read(name)
        count, seconds = before.count + 1, 0.0
        if count >= self._in_a_row:
            seconds = min(2 * before.seconds, self._longest) if before.seconds else self._first
        self._write(name, _Failures(count, time.time() + seconds if seconds else 0.0, seconds))
        return seconds

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        self._unwritten.pop(name, None)
        state.remove(self._marker(name))

    def _take_the_try(self, name: str, failures: _Failures) -> bool:
        taken = dataclasses.replace(failures, until=time.time() + failures.seconds)
        try:
            with state.opened(self._marker(name), os.O_RDWR) as descriptor:
                if not locks.try_lock(descriptor) or self._read(name) != failures:
                    return False
                self._write(name, taken)
        except OSError:  # nobody else can know of it
            self._unwritten[name] = taken
        return True

    def _read(self, name: str) -> _Failures:
        text = state.read_small(self._marker(name))
        if text is None:
            return self._unwritten.get(name, _Failures())
        try:
            count, until, seconds = text.split()[:3]
            found = _Failures(int(count), float(until), float(seconds))
        except ValueError:
            return _Failures()
        # A clock that was set back must not make it last.
        return found if found.until - time.time() <= self._longest + 1 else _Failures()

    def _write(self, name: str, failures: _Failures) -> None:
        text = f"{failures.count} {failures.until!r} {failures.seconds!r} {name}\n"
        self._unwritten[name] = failures
        with contextlib.suppress(OSError):
            state.make_directory(self._directory)
            state.write_small(self._marker(name), text)
            del self._unwritten[name]

    def _marker(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        return layout.state_dir(self._directory) / f"{digest}.failed-before"


_NODE = "fills of this node"


@dataclasses.dataclass(frozen=True)
class BackOffs:
    """What is left alone for a while after it failed."""

    peers: BackOff
    node: BackOff

    def may_fill(self) -> bool:
        """Return whether this node may fill an image in now."""
        return self.node.may_try(_NODE)

    def node_failed(self, reason: str) -> None:
        """Count a failure of this node's own; after some in a row it fills nothing for a while."""
        seconds = self.node.failed(_NODE)
        if seconds:
            LOG.error("No image is filled in for %.0f s: fills failed, %s", seconds, reason)

    def node_succeeded(self) -> None:
        """Forget the failures of this node's own."""
        self.node.succeeded(_NODE)


def back_offs_of(directory: Path) -> BackOffs:
    """Return those of a node, with its cache directory."""
    return BackOffs(
        BackOff(directory, first=15.0, longest=600.0),
        BackOff(directory, first=60.0, longest=600.0, in_a_row=3),
    )
