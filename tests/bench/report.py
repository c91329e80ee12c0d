# SPDX-License-Identifier: Apache-2.0
"""The tables of the bench, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import fan_out_tables
from fan_out import FanOut
from goals import GOALS, Figure
from growth import Growth
from lookups import CALLERS, CALLS, Lookup
from markdown import cost, middle, table
from over_http import Http
from rounds import Cost

SHOWN = 0.02  # of a call: whose share is less everywhere is left out


@dataclass
class Tables:
    """All that was measured, by database."""

    lookups: dict[str, Lookup] = field(default_factory=dict)
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    statements: dict[str, dict[str, float]] = field(default_factory=dict)
    growth: dict[tuple[str, Any], Growth] = field(default_factory=dict)
    map: dict[str, dict[str, list[Cost]]] = field(default_factory=dict)
    http: dict[str, Http] = field(default_factory=dict)
    fan_out: FanOut | None = None
    left_out: list[str] = field(default_factory=list)

    def text(self, figures: list[Figure]) -> str:
        """Return the tables.

        Args:
            figures: those with a goal.
        """
        parts = [
            *table("Goals", ("what", "database", "measured", "goal", "result"), _goals(figures)),
            *table(
                "One lookup, in process, microseconds elapsed (of CPU); ratios of CPU",
                ("database", "caller", *CALLS, "native / ours", "ours / rules"),
                self._lookups(),
            ),
            *table(
                "A request that is not ours, with the filter against without it",
                ("database", "with, microseconds elapsed (of CPU)", "without", "ratio of CPU"),
                self._untouched(),
            ),
            *table(
                "Where the time of a call goes, percent, by whose code it is spent in",
                ("code", *self.shares),
                self._shares(),
            ),
            *table(
                "Statements a request",
                ("database", "ours", "native"),
                ((name, f"{one['ours']:g}", f"{one['native']:g}") for name, one in self._counts()),
            ),
            *table(
                "Growth, microseconds elapsed (of CPU)",
                ("content", *dict.fromkeys(name for name, _ in self.growth)),
                self._sizes(),
            ),
            *self._plans(),
            *table(
                "A page of the map at 10^6 records, milliseconds elapsed (of CPU)",
                ("database", "the page", "its SQL"),
                (
                    (name, cost(one["map"], 1e3, 1), cost(one["map-sql"], 1e3, 1))
                    for name, one in self.map.items()
                ),
            ),
            *table(
                "Over HTTP",
                ("database", "what", "clients", "answers/s", "p50 ms", "p99 ms", "CPU ms"),
                self._loads(),
            ),
            *table(
                "Memory of two Glance processes after that, megabytes",
                ("database", "with the filter", "without"),
                (
                    (name, f"{http.memory['ours']:.0f}", f"{http.memory['native']:.0f}")
                    for name, http in self.http.items()
                ),
            ),
            *(fan_out_tables.text(self.fan_out) if self.fan_out else ()),
            *(f"Left out: {line}\n" for line in self.left_out),
        ]
        return "\n".join(parts)

    def _lookups(self) -> Iterable[Sequence[str]]:
        for name, lookup in self.lookups.items():
            for caller, some in CALLERS.items():
                costs = [cost(lookup.costs[caller, one]) if one in some else "" for one in CALLS]
                pairs = (("native", "ours"), ("ours", "rules"))
                yield name, caller, *costs, *(str(lookup.ratio(*pair, caller)) for pair in pairs)

    def _untouched(self) -> Iterable[Sequence[str]]:
        names = ("untouched", "untouched-native")
        for database, lookup in self.lookups.items():
            if ("admin", "untouched") in lookup.costs:
                costs = (cost(lookup.costs["admin", name]) for name in names)
                yield database, *costs, str(lookup.ratio(*names))

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
            for size, costs in series.costs.items():
                sizes.setdefault(str(size), []).append(cost(costs))
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
                    middle([getattr(load, each) for load in loads], digits)
                    for each, digits in (("rate", 0), ("p50", 1), ("p99", 1), ("cpu", 1))
                ]
                yield name, what, str(clients), *middles


def _goals(figures: list[Figure]) -> Iterable[Sequence[str]]:
    return (figure.row() for name in GOALS for figure in figures if figure.goal.name == name)
