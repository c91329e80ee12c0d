# SPDX-License-Identifier: Apache-2.0
"""The tables of the bench, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fan_out import FanOut
from goals import Figure
from growth import Growth
from lookups import Lookup
from over_http import Http

SHOWN = 0.02  # of a call: whose share is less everywhere is left out
PIPELINES = ("floor", "policy", "limit", "rules", "ours", "native")


@dataclass
class Tables:
    """All that was measured, by database."""

    lookups: dict[str, Lookup] = field(default_factory=dict)
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    statements: dict[str, dict[str, float]] = field(default_factory=dict)
    growth: dict[tuple[str, Any], Growth] = field(default_factory=dict)
    http: dict[str, Http] = field(default_factory=dict)
    fan_out: FanOut | None = None
    left_out: list[str] = field(default_factory=list)

    def text(self, figures: list[Figure]) -> str:
        """Return the tables.

        Args:
            figures: those with a goal.
        """
        parts = [
            *_table("Goals", ("what", "database", "measured", "goal", ""), _goals(figures)),
            *_table(
                "One lookup, in process, microseconds elapsed (of CPU)",
                ("database", *PIPELINES, "native / ours", "ours / limit"),
                map(_lookup, self.lookups.items()),
            ),
            *_table(
                "A request that is not ours, with the filter against without it",
                ("database", "ratio"),
                (
                    (name, str(lookup.untouched))
                    for name, lookup in self.lookups.items()
                    if "untouched" in lookup.elapsed
                ),
            ),
            *_table(
                "Where the time of a call goes, percent, by whose code it is spent in",
                ("code", *self.shares),
                self._shares(),
            ),
            *_table(
                "Statements a request",
                ("database", "ours", "native"),
                ((name, f"{one['ours']:g}", f"{one['native']:g}") for name, one in self._counts()),
            ),
            *_table(
                "Growth, microseconds",
                ("content", *dict.fromkeys(name for name, _ in self.growth)),
                self._sizes(),
            ),
            *self._plans(),
            *_table(
                "Over HTTP",
                ("database", "what", "clients", "answers/s", "p50 ms", "p99 ms", "CPU ms"),
                self._loads(),
            ),
            *_table(
                "Memory of two Glance processes after that, megabytes",
                ("database", "with the filter", "without"),
                (
                    (name, f"{http.memory['ours']:.0f}", f"{http.memory['native']:.0f}")
                    for name, http in self.http.items()
                ),
            ),
            *_table(
                "1,000 nodes, half of them dead or silent",
                ("outcomes of one call", "threads, 20 calls at once", "MiB more"),
                self._fan_outs(),
            ),
            *(f"Left out: {line}\n" for line in self.left_out),
        ]
        return "\n".join(parts)

    def _fan_outs(self) -> Iterable[Sequence[str]]:
        if self.fan_out:
            outcomes = ", ".join(f"{each} {count}" for each, count in self.fan_out.outcomes.items())
            yield outcomes, str(self.fan_out.threads), f"{self.fan_out.memory:.0f}"

    def _shares(self) -> Iterable[Sequence[str]]:
        codes = dict.fromkeys(code for shares in self.shares.values() for code in shares)
        rows = {code: [one.get(code, 0) for one in self.shares.values()] for code in codes}
        for code in sorted(rows, key=lambda code: -max(rows[code])):
            if max(rows[code]) >= SHOWN:
                yield code, *(f"{share * 100:.0f}" for share in rows[code])

    def _counts(self) -> Iterable[tuple[str, dict[str, float]]]:
        return self.statements.items()

    def _sizes(self) -> Iterable[Sequence[str]]:
        sizes: dict[str, list[str]] = {}
        for series in self.growth.values():
            for size, elapsed in series.elapsed.items():
                sizes.setdefault(str(size), []).append(_middle(elapsed))
        for size, costs in sizes.items():
            yield size, *costs

    def _plans(self) -> Iterable[str]:
        seen = set()
        for (name, _), series in self.growth.items():
            if name not in seen:
                seen.add(name)
                yield f"{name}'s plan at the most records:\n\n```text"
                yield from series.plan
                yield "```\n"

    def _loads(self) -> Iterable[Sequence[str]]:
        for name, http in self.http.items():
            for (what, clients), loads in http.loads.items():
                middles = [
                    _middle([getattr(load, each) for load in loads], digits)
                    for each, digits in (("rate", 0), ("p50", 1), ("p99", 1), ("cpu", 1))
                ]
                yield name, what, str(clients), *middles


def _goals(figures: list[Figure]) -> Iterable[Sequence[str]]:
    return (figure.row() for figure in sorted(figures, key=lambda figure: figure.goal.name))


def _lookup(item: tuple[str, Lookup]) -> Sequence[str]:
    name, lookup = item
    costs = [f"{_middle(lookup.elapsed[one])} ({_middle(lookup.cpu[one])})" for one in PIPELINES]
    return name, *costs, str(lookup.native_over_ours), str(lookup.ours_over_limit)


def _middle(values: list[float], digits: int = 0) -> str:
    return f"{statistics.median(values):,.{digits}f}"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ()
    return (
        f"## {title}\n",
        f"| {' | '.join(head)} |",
        "| " + " | ".join("---" for _ in head) + " |",
        *lines,
        "",
    )
