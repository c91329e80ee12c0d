# SPDX-License-Identifier: Apache-2.0
"""Rounds of measurements side by side, and the ratios of one against another."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ROUNDS = 5


@dataclass
class Ratio:
    """How many times one thing costs another, round by round.

    Args:
        rounds: the ratio in each round.
    """

    rounds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.rounds)

    def as_json(self) -> dict[str, object]:
        """Return it as it stands in the file of figures."""
        return {"median": round(self.median, 3), "rounds": [round(each, 3) for each in self.rounds]}

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.rounds):.2f} to {max(self.rounds):.2f})"


def alternate(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Measure one after the other, again and again; return what each round gave, by name.

    The first round warms up and is thrown away. Every second one goes the other way round, so
    that none always comes after the same other one.
    """
    found: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(rounds + 1):
        names = list(measures) if number % 2 else list(reversed(measures))
        for name in names:
            value = measures[name]()
            if number:
                found[name].append(value)
    return found


def ratio(dividends: list[float], divisors: list[float]) -> Ratio:
    """Return how many times the first is the second."""
    return Ratio([one / other for one, other in zip(dividends, divisors, strict=True)])
