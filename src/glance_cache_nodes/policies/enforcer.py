# SPDX-License-Identifier: Apache-2.0
"""Glance's policy enforcer, which reads its files again only when they may have changed.

Glance's enforcer searches for its file and its directory, and reads all of Glance's rules, before
each rule that it enforces: a third of the cost of a call.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOK_EVERY = 1.0
"""Seconds after which it looks everywhere again."""


class Enforcer:
    """An enforcer. A change of the policy file counts for the next call.

    One of a directory of policies, or a file where there was none, does within a second.
    """

    def __init__(self, enforcer: Any) -> None:
        self._glance = enforcer
        self._lock = threading.Lock()
        self._read: tuple[int, ...] | None = None
        self._looked = -LOOK_EVERY

    def enforce(self, context: Any, rule: str, target: Mapping[str, object]) -> None:
        """Allow or refuse the call.

        Args:
            context: the caller, as Glance's context filter made it.
            rule: the name of a rule.
            target: the attributes that the rule may compare with.

        Raises:
            glance.common.exception.Forbidden: the rule refuses, or the token has the wrong scope.
        """
        self.glance.enforce(context, rule, target)

    @property
    def glance(self) -> Any:
        """Glance's enforcer, with the rules as they are now."""
        fresh = time.monotonic() - self._looked < LOOK_EVERY
        if not fresh or self._state() != self._read:
            self._load()
        return self._glance

    def _load(self) -> None:
        with self._lock:
            self._looked = time.monotonic()
            self._read = self._state()  # before it is read: a change meanwhile is seen next time
            self._glance.use_conf = True
            self._glance.load_rules()
            self._glance.use_conf = False

    def _state(self) -> tuple[int, ...] | None:
        try:
            found = os.stat(self._glance.policy_path or "")  # noqa: PTH116 - a tenth of Path's cost
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
