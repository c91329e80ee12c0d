# SPDX-License-Identifier: Apache-2.0
"""One rule for many objects of a request, evaluated once for all that look the same to it.

A page of the map has a thousand images, and a rule costs as much time as one of them does to be
read. But a rule looks at a few attributes, or at none: ``role:admin``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.policies import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.policies.enforcer import Enforcer

_MISSING = object()


class Decisions:
    """What a rule decides in one request."""

    def __init__(self, enforcer: Enforcer, context: Any, rule: str) -> None:
        self._enforcer, self._context, self._rule = enforcer, context, rule
        self._made: list[tuple[Mapping[str, object], bool]] = []

    def looks(self) -> bool:
        """Return whether the rule looks at a target at all, to decide about this caller."""
        try:
            decision = rules.allows(self._enforcer, self._context, self._rule, _Unread())
        except _LookedError:
            return True
        self._made.append(({}, decision))
        return False

    def allows(self, target: Mapping[str, object]) -> bool:
        """Return whether the rule lets the caller pass for a target."""
        for seen, decision in self._made:
            if all(_get(target, key) == value for key, value in seen.items()):
                return decision
        observed = _Observed(target)
        decision = rules.allows(self._enforcer, self._context, self._rule, observed)
        if not observed.is_seen_as_a_whole:
            self._made.append((observed.seen, decision))
        return decision


class _LookedError(Exception):
    """A rule has looked at a target."""


class _Unread(Mapping[str, object]):
    """A target at which a rule may not look. To a log it shows nothing."""

    def __getitem__(self, key: str) -> object:
        raise _LookedError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __deepcopy__(self, memo: object) -> dict[str, object]:
        raise _LookedError


class _Observed(Mapping[str, object]):
    """A target that remembers at which of its attributes a rule has looked."""

    def __init__(self, target: Mapping[str, object]) -> None:
        self._target = target
        self.seen: dict[str, object] = {}
        self.is_seen_as_a_whole = False

    def __getitem__(self, key: str) -> object:
        self.seen[key] = _get(self._target, key)
        return self._target[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._target)

    def __len__(self) -> int:
        return len(self._target)

    def __deepcopy__(self, memo: object) -> dict[str, object]:
        # oslo.policy copies the target for rules that ask a remote server (http:, https:).
        self.is_seen_as_a_whole = True
        return dict(self._target.__deepcopy__(memo))  # type: ignore[attr-defined]


def _get(target: Mapping[str, object], key: str) -> object:
    return target.get(key, _MISSING)
