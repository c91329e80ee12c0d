# SPDX-License-Identifier: Apache-2.0
"""The tables of the calls to many nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import markdown
from asking import Load
from fan_out import FanOut


def text(found: FanOut) -> Iterable[str]:
    """Return the tables of all that was measured."""
    yield from markdown.table(
        f"Calls to {found.count:,} nodes over HTTP",
        ("nodes", "callers", "slowest s", "CPU s, all", "callers by status", "nodes in an answer"),
        (
            [nodes, str(callers), *_seconds(loads), _statuses(loads), _outcomes(loads)]
            for (nodes, callers), loads in found.at_once.items()
        ),
    )
    yield (
        f"At most {found.threads} threads more than while nobody asks, and in the end "
        f"{found.memory:.0f} MiB more memory.\n"
    )
    yield from markdown.table(
        f"One call over HTTP, {found.count:,} nodes where no number is named",
        ("nodes", "s", "CPU s", "nodes in an answer"),
        ([nodes, *_seconds(loads), _outcomes(loads)] for nodes, loads in found.single.items()),
    )


def _seconds(loads: Sequence[Load]) -> Iterable[str]:
    yield markdown.middle((load.slowest for load in loads), 2)
    yield markdown.middle((load.cpu for load in loads), 3)


def _statuses(loads: Sequence[Load]) -> str:
    """Return how many callers had which answer, in a round."""
    all_ = sum((load.statuses for load in loads), Counter())
    return _counts({str(status or "none"): count for status, count in all_.items()}, len(loads))


def _outcomes(loads: Sequence[Load]) -> str:
    """Return how many nodes had which outcome, in an answer that has the nodes."""
    answers = sum(bool(answer.outcomes) for load in loads for answer in load.answers)
    return _counts(sum((load.outcomes for load in loads), Counter()), answers)


def _counts(counts: Mapping[str, int], number: int) -> str:
    means = ((name, f"{count / number:,.1f}".removesuffix(".0")) for name, count in counts.items())
    return ", ".join(f"{name} {mean}" for name, mean in sorted(means))
