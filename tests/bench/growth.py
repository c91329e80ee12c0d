# SPDX-License-Identifier: Apache-2.0
"""How a lookup grows with the records, with the nodes that hold an image, and with all nodes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import rounds
import workers

CALLS = 300


@dataclass(frozen=True)
class Size:
    """How much is in a database.

    Args:
        rows: how many cache records.
        nodes_per_image: how many nodes hold each image.
        nodes: how many nodes there are.
    """

    rows: int
    nodes_per_image: int
    nodes: int

    def __str__(self) -> str:
        held, nodes = self.nodes_per_image, self.nodes
        return f"{self.rows:,} records, each image on {held:,} of {nodes:,} nodes"


ROWS = [Size(10**power, 10, 100) for power in range(3, 8)]
HOLDING = [Size(100 * count, count, 1000) for count in (10, 100, 1000)]
NODES = [Size(1000, 1, count) for count in (1, 10, 100, 1000)]
SERIES = (ROWS, HOLDING, NODES)


@dataclass(frozen=True)
class Growth:
    """One series.

    Args:
        costs: of a lookup, by size, in each round.
        plan: what the database does for a lookup in the largest.
    """

    costs: dict[Size, list[rounds.Cost]]
    plan: list[str]

    def ratio(self, one: Size, other: Size) -> rounds.Ratio:
        """Return how many times a lookup in one takes as long as that in another."""
        return rounds.of_elapsed(self.costs[one], self.costs[other])


def measure(
    sizes: list[Size], new_url: Callable[[], str], progress: Callable[[str], None]
) -> Growth:
    """Fill a database for each size, and measure lookups in all of them side by side.

    Args:
        sizes: the series.
        new_url: returns the URL of a new empty database, or nothing for SQLite.
        progress: is given a line for each.
    """
    with contextlib.ExitStack() as stack:
        running = {}
        for size in sizes:
            progress(f"  filling: {size}")
            wanted = (size.rows, size.nodes_per_image, size.nodes)
            running[size] = stack.enter_context(workers.running(new_url(), *wanted))
        costs = rounds.alternate(
            {size: partial(running[size].measure, "ours", CALLS) for size in sizes}
        )
        return Growth(costs, running[sizes[-1]].explain())
