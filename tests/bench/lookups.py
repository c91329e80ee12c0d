# SPDX-License-Identifier: Apache-2.0
"""What one lookup costs in process, and what the filter adds to a request that is not its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import rounds
import workers
from rounds import Cost, Ratio

# More rounds than elsewhere, and short ones: what disturbs the machine then disturbs few of them.
ROUNDS, QUICK_ROUNDS = 15, 5
CALLS = {"floor": 200, "policy": 200, "limit": 200, "rules": 200, "ours": 200, "native": 40}
UNTOUCHED_CALLS = {"untouched": 200, "untouched-native": 200}
CALLERS = {"admin": tuple(CALLS), "member": ("rules", "ours", "native")}  # and their pipelines


@dataclass(frozen=True)
class Lookup:
    """The figures of one database.

    Args:
        costs: of a call, by caller and pipeline, in each round.
    """

    costs: dict[tuple[str, str], list[Cost]]

    def ratio(self, one: str, other: str, caller: str = "admin") -> Ratio:
        """Return how many times the CPU of a pipeline is that of another."""
        return rounds.of_cpu(self.costs[caller, one], self.costs[caller, other])


def measure(worker: workers.Worker, *, quick: bool = False) -> Lookup:
    """Measure the pipelines of both callers side by side.

    Args:
        worker: Glance.
        quick: fewer rounds, and no requests that are not ours.
    """
    calls = {(caller, what): CALLS[what] for caller, some in CALLERS.items() for what in some}
    if not quick:
        calls |= {("admin", what): count for what, count in UNTOUCHED_CALLS.items()}
    measures = {
        (caller, what): partial(worker.measure, what, count, caller)
        for (caller, what), count in calls.items()
    }
    return Lookup(rounds.alternate(measures, QUICK_ROUNDS if quick else ROUNDS))
