# SPDX-License-Identifier: Apache-2.0
"""What must hold of Glance with our filters beside plain Glance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from outcomes import Summary

FIRST_BYTE, OTHERS = 2.5, 1.0  # seconds more than natively, at most


@dataclass(frozen=True)
class Demands:
    """What a case changes about the rules.

    Attributes:
        holds: requests that keep a thread or process of the node busy for the whole case, natively.
        also: statuses that may come though they do not natively.
        most: for figures, how many times the native one they may be.
    """

    holds: int = 1
    also: frozenset[int] = frozenset()
    most: dict[str, float] = field(default_factory=dict)


def broken(
    native: Summary, ours: Summary, demands: Demands, *, capacity: int, with_seconds: bool
) -> list[str]:
    """Return the rules that are broken, in words.

    Args:
        native: what came of plain Glance.
        ours: what came of Glance with our filters.
        demands: of the case.
        capacity: requests that the server serves at once.
        with_seconds: whether seconds count.
    """
    found = [*_always(native, ours, demands)]
    if with_seconds:
        found += _seconds(native, ours, is_free=demands.holds < capacity)
        found += _figures(native, ours, demands)
    return found


def _always(native: Summary, ours: Summary, demands: Demands) -> Iterator[str]:
    may_differ = set(ours.statuses) & demands.also
    if native.whole == native.wanted and ours.whole < ours.wanted and not may_differ:
        yield f"{ours.wanted - ours.whole} of {ours.wanted} broken"
    more = set(ours.statuses) - set(native.statuses) - demands.also
    if more:
        yield f"status {', '.join(map(str, sorted(more)))}"
    lacking = native.cached - ours.cached
    if lacking and not may_differ:
        yield f"not cached: {', '.join(sorted(lacking))}"
    yield from (fault for fault in ours.faults if fault not in native.faults)


def _seconds(native: Summary, ours: Summary, *, is_free: bool) -> Iterator[str]:
    if ours.first_byte > native.first_byte + FIRST_BYTE:
        yield "first byte"
    if not is_free or native.others is None or ours.others is None:
        return
    if ours.others > native.others + OTHERS:
        yield "other requests"


def _figures(native: Summary, ours: Summary, demands: Demands) -> Iterator[str]:
    for name, times in demands.most.items():
        if ours.figures[name] > times * native.figures[name]:
            yield f"{name} more than {times} times"
