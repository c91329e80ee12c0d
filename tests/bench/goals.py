# SPDX-License-Identifier: Apache-2.0
"""The goals of the bench, and whether they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rounds import Ratio


@dataclass(frozen=True)
class Goal:
    """A bound on a figure.

    Args:
        name: of the figure in ``build/bench.json``.
        what: in words.
        bound: what it has to be at least, or at most.
        at_least: which of the two.
    """

    name: str
    what: str
    bound: float
    at_least: bool

    def is_reached(self, value: float) -> bool:
        """Return whether the figure is on the right side of the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"at {'least' if self.at_least else 'most'} {self.bound:g}"


GOALS = {
    goal.name: goal
    for goal in (
        Goal("native_over_ours", "one lookup, native against ours", 4, at_least=True),
        Goal("ours_over_limit", "one lookup, ours against the limit", 1.3, at_least=False),
        Goal("ours_over_rules", "one lookup, ours against both rules", 1.3, at_least=False),
        Goal("statements_per_request", "statements a request, on the server", 1, at_least=False),
        Goal("rows_1e7_over_1e3", "a lookup at 10^7 records against 10^3", 1.3, at_least=False),
        Goal(
            "map_over_sql", "a page of the map at 10^6 records against its SQL", 3, at_least=False
        ),
        Goal("http_ours_over_native_8", "answers a second, 8 clients", 3, at_least=True),
        Goal("poll10_over_ours", "CPU of asking 10 nodes against one call", 20, at_least=True),
        Goal("fan_out_over_deadline", "seconds beyond the deadline", 1, at_least=False),
        Goal("fan_outs_over_deadline", "the same, 20 calls at once", 1, at_least=False),
        Goal("verify_over_slowest", "100 nodes against the slowest of them", 3, at_least=False),
        Goal("p99_over_p50_32", "p99 against p50, 32 clients", 4, at_least=False),
    )
}


@dataclass(frozen=True)
class Figure:
    """A figure that was measured.

    Args:
        goal: what it has to be.
        database: where.
        value: of each round; a count is the same in all.
    """

    goal: Goal
    database: str
    value: Ratio

    @property
    def is_reached(self) -> bool:
        """Whether the middle of the rounds reaches the goal."""
        return self.goal.is_reached(self.value.median)

    def row(self) -> list[str]:
        """Return it as a row of the table."""
        result = "reached" if self.is_reached else "MISSED"
        return [self.goal.what, self.database, str(self.value), str(self.goal), result]


def as_json(figures: list[Figure]) -> dict[str, Any]:
    """Return all figures, by database and name; ``over_all`` has the worst of each."""
    found: dict[str, Any] = {"databases": {}, "over_all": {}}
    for figure in figures:
        of_database = found["databases"].setdefault(figure.database, {})
        of_database[figure.goal.name] = figure.value.as_json()
    for name, goal in GOALS.items():
        values = [figure.value for figure in figures if figure.goal.name == name]
        if values:
            worst = min if goal.at_least else max
            found["over_all"][name] = worst(values, key=lambda value: value.median).as_json()
    return found
