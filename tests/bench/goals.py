# SPDX-License-Identifier: Apache-2.0
"""The goals of the bench, and whether they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
        bounds: those by database that differ.
    """

    name: str
    what: str
    bound: float
    at_least: bool
    bounds: Mapping[str, float] = field(default_factory=dict)

    def is_reached(self, database: str, value: float) -> bool:
        """Return whether the figure is on the right side of the bound."""
        bound = self.bounds.get(database, self.bound)
        return value >= bound if self.at_least else value <= bound

    def text(self, database: str) -> str:
        """Return what the figure has to be on a database."""
        words = "at least" if self.at_least else "at most"
        return f"{words} {self.bounds.get(database, self.bound):g}"


ON_POSTGRESQL = {"PostgreSQL": 3.5}  # both rules alone cost nearly a quarter of native there
GOALS = {
    goal.name: goal
    for goal in (
        Goal(
            "native_over_ours",
            "CPU of one lookup, native against ours",
            4,
            at_least=True,
            bounds=ON_POSTGRESQL,
        ),
        Goal(
            "native_over_ours_member",
            "CPU of one lookup, native against ours, a member",
            4,
            at_least=True,
            bounds=ON_POSTGRESQL,
        ),
        Goal("ours_over_rules", "CPU of one lookup, ours against both rules", 1.4, at_least=False),
        Goal(
            "ours_over_rules_member",
            "CPU of one lookup, ours against both rules, a member",
            1.4,
            at_least=False,
        ),
        Goal("ours_over_limit", "CPU of one lookup, ours against the limit", 1.3, at_least=False),
        Goal("statements_per_request", "statements a request, on the server", 1, at_least=False),
        Goal("rows_1e7_over_1e3", "a lookup at 10^7 records against 10^3", 1.3, at_least=False),
        Goal(
            "map_over_sql", "a page of the map at 10^6 records against its SQL", 3, at_least=False
        ),
        Goal("http_ours_over_native_8", "answers a second, 8 clients", 3, at_least=True),
        Goal("poll10_over_ours", "CPU of asking 10 nodes against one call", 20, at_least=True),
        Goal("p99_over_p50_32", "p99 against p50, 32 clients", 4, at_least=False),
        Goal("node_cpu", "microseconds of CPU for each node asked", 450, at_least=False),
        Goal(
            "live_confirmed_8",
            "percent of live nodes confirmed, 8 calls at once",
            95,
            at_least=True,
        ),
        Goal(
            "one_silent_over_slowest",
            "100 nodes, one silent: seconds beyond the slowest live one",
            3,
            at_least=False,
        ),
        Goal("verify_over_slowest", "100 nodes against the slowest of them", 3, at_least=False),
        Goal(
            "fan_out_over_deadline",
            "1,000 nodes, half answer: seconds beyond the deadline",
            1,
            at_least=False,
        ),
        Goal("fan_outs_over_deadline", "the same, 20 calls at once", 1, at_least=False),
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
        return self.goal.is_reached(self.database, self.value.median)

    def row(self) -> list[str]:
        """Return it as a row of the table."""
        result = "reached" if self.is_reached else "missed"
        return [
            self.goal.what,
            self.database,
            str(self.value),
            self.goal.text(self.database),
            result,
        ]


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
