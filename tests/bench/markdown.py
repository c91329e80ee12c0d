# SPDX-License-Identifier: Apache-2.0
"""Tables in Markdown, and the figures in them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from rounds import Cost


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """Return the lines of a table; none where it has no rows."""
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


def middle(values: Iterable[float], digits: int = 0) -> str:
    """Return the median of the rounds."""
    return f"{statistics.median(values):,.{digits}f}"


def cost(costs: Sequence[Cost], scale: float = 1e6, digits: int = 0) -> str:
    """Return the medians of what elapsed and, in brackets, of the CPU, in microseconds."""
    elapsed = middle((each.elapsed * scale for each in costs), digits)
    return f"{elapsed} ({middle((each.cpu * scale for each in costs), digits)})"
