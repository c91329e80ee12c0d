# SPDX-License-Identifier: Apache-2.0
"""The figures of two sites side by side, and the goals."""

from __future__ import annotations

import dataclasses

import measure
from measure import MIB, Figures

MOST_FOR_MANY = 1.3
LEAST_RATE = 0.9
MOST_MEMORY = 1.1


@dataclasses.dataclass(frozen=True)
class Goal:
    """A goal, what came of it, and whether it was reached."""

    name: str
    found: str
    is_reached: bool


def goals(native: Figures, fill: Figures) -> list[Goal]:
    """Compare what was measured with the goals."""
    many = fill.seconds_many / fill.seconds_one
    rate = fill.rate_peer / fill.rate_cached
    memory = fill.memory / native.memory
    reads = (fill.reads_everywhere, fill.reads_many, fill.reads_placed)
    return [
        Goal(
            "at most one read a site and image: all nodes at once, 8 callers at once, placed",
            " ".join(map(str, reads)),
            reads[0] <= 2 and reads[1] == 1 and reads[2] <= 2,
        ),
        Goal(f"8 at once at most {MOST_FOR_MANY} times one", f"{many:.2f}", many <= MOST_FOR_MANY),
        Goal(
            f"from a peer at least {LEAST_RATE} times the rate of a cached file",
            f"{rate:.2f}",
            rate >= LEAST_RATE,
        ),
        Goal(
            f"peak memory at most {MOST_MEMORY} times as natively",
            f"{memory:.2f}",
            memory <= MOST_MEMORY,
        ),
        Goal("no wrong byte", str(fill.wrong), fill.wrong == 0),
    ]


def text(native: Figures, fill: Figures, reached: list[Goal]) -> str:
    """Return both tables in Markdown."""
    size, rate = measure.IMAGE // MIB, measure.RATE / MIB
    rows = (
        ("reads, 10 downloads at 5 nodes at once", "reads_everywhere", "{:d}"),
        (f"reads, {measure.CALLERS} downloads at one node at once", "reads_many", "{:d}"),
        ("reads, placed on 5 nodes at once", "reads_placed", "{:d}"),
        (f"seconds, one download of {size} MiB over {rate:.0f} MiB/s", "seconds_one", "{:.2f}"),
        (f"seconds, {measure.CALLERS} at once", "seconds_many", "{:.2f}"),
    )
    lines = ["| what | natively | with cache_fill |", "| --- | --- | --- |"]
    for name, attribute, form in rows:
        values = (form.format(getattr(each, attribute)) for each in (native, fill))
        lines.append(f"| {name} | {' | '.join(values)} |")
    for name, attribute in (
        ("MiB/s, cached file (this client, this loopback)", "rate_cached"),
        ("MiB/s, first download at the next node", "rate_peer"),
        ("MiB, most memory of a process", "memory"),
    ):
        values = (f"{getattr(each, attribute) / MIB:.0f}" for each in (native, fill))
        lines.append(f"| {name} | {' | '.join(values)} |")
    lines += ["", "| goal | found | |", "| --- | --- | --- |"]
    lines += [
        f"| {goal.name} | {goal.found} | {'reached' if goal.is_reached else 'MISSED'} |"
        for goal in reached
    ]
    return "\n".join(lines) + "\n"
