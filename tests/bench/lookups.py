# SPDX-License-Identifier: Apache-2.0
"""What one lookup costs in process, and what the filter adds to a request that is not its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import rounds
import workers
from rounds import Ratio

# More rounds than elsewhere, and short ones: what disturbs the machine then disturbs few of them.
ROUNDS = 15
CALLS = {"floor": 200, "policy": 200, "limit": 200, "rules": 200, "ours": 200, "native": 40}
UNTOUCHED_CALLS = {"untouched": 200, "untouched-native": 200}


@dataclass(frozen=True)
class Lookup:
    """The figures of one database.

    Args:
        elapsed: microseconds a call, by pipeline and round.
        cpu: the same of the process's CPU.
    """

    elapsed: dict[str, list[float]]
    cpu: dict[str, list[float]]

    @property
    def native_over_ours(self) -> Ratio:
        """How many times Glance's own route costs ours."""
        return rounds.ratio(self.elapsed["native"], self.elapsed["ours"])

    @property
    def ours_over_limit(self) -> Ratio:
        """How many times ours costs what one rule and one bare query do."""
        return rounds.ratio(self.elapsed["ours"], self.elapsed["limit"])

    @property
    def ours_over_rules(self) -> Ratio:
        """How many times ours costs what both rules and one bare query do: the least possible."""
        return rounds.ratio(self.elapsed["ours"], self.elapsed["rules"])

    @property
    def untouched(self) -> Ratio:
        """How many times a request that is not ours costs what it does without the filter."""
        return rounds.ratio(self.elapsed["untouched"], self.elapsed["untouched-native"])


def measure(worker: workers.Worker, *, untouched: bool = True) -> Lookup:
    """Measure all pipelines side by side.

    Args:
        worker: Glance.
        untouched: whether requests that are not ours are measured too.
    """
    cpu: dict[str, list[float]] = {}

    def once(what: str, calls: int) -> float:
        figures = worker.measure(what, calls)
        cpu.setdefault(what, []).append(figures["cpu"] * 1e6)
        return figures["elapsed"] * 1e6

    calls = {**CALLS, **(UNTOUCHED_CALLS if untouched else {})}
    elapsed = rounds.alternate({what: partial(once, what, calls[what]) for what in calls}, ROUNDS)
    return Lookup(elapsed, {what: figures[1:] for what, figures in cpu.items()})
