# SPDX-License-Identifier: Apache-2.0
"""Rounds of measurements side by side, and the ratios of one against another."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

ROUNDS = 5
Name = TypeVar("Name")
Value = TypeVar("Value")


class Cost(NamedTuple):
    """What one call costs, in seconds.

    Args:
        elapsed: by the clock.
        cpu: of the process that does the work.
    """

    elapsed: float
    cpu: float


@dataclass
class Ratio:
    """A figure in each round; most are how many times one thing costs another.

    Args:
        rounds: the figure in each round.
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
    measures: Mapping[Name, Callable[[], Value]], rounds: int = ROUNDS
) -> dict[Name, list[Value]]:
    """Measure one after the other, again and again; return what each round gave, by name.

    The first round warms up and is thrown away. Every second one goes the other way round, so
    that none always comes after the same other one.
    """
    found: dict[Name, list[Value]] = {name: [] for name in measures}
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


def of_cpu(dividends: list[Cost], divisors: list[Cost]) -> Ratio:
    """Return how many times the CPU of the first is that of the second."""
    return ratio([each.cpu for each in dividends], [each.cpu for each in divisors])


def of_elapsed(dividends: list[Cost], divisors: list[Cost]) -> Ratio:
    """Return how many times the first takes as long as the second."""
    return ratio([each.elapsed for each in dividends], [each.elapsed for each in divisors])
