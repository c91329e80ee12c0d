# SPDX-License-Identifier: Apache-2.0
"""What was compared, as lines and as a table in Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes import Summary

HEAD = ("what happens", "server", "whole", "status", "first byte", "others", "cached", "also", "")


@dataclass(frozen=True)
class Line:
    """A case on a server.

    Attributes:
        case: its name.
        kind: the name of the server.
        native: what came of plain Glance; None where the case was left out.
        ours: what came of Glance with our filters.
        broken: the rules that are broken; or why the case was left out.
    """

    case: str
    kind: str
    native: Summary | None
    ours: Summary | None
    broken: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether no rule is broken."""
        return self.native is None or not self.broken

    @property
    def verdict(self) -> str:
        """The rules that are broken, or that none is."""
        if self.native is None:
            return f"left out: {'; '.join(self.broken)}"
        return f"WORSE: {'; '.join(self.broken)}" if self.broken else "ok"

    def cells(self) -> tuple[str, ...]:
        """Return the cells of its row: natively, and with the filters."""
        if self.native is None or self.ours is None:
            return (self.case, self.kind, "", "", "", "", "", "", self.verdict)
        sides = (self.native, self.ours)
        return (
            self.case,
            self.kind,
            *(" / ".join(cell(side) for side in sides) for cell in CELLS),
            self.verdict,
        )


def text(lines: list[Line]) -> str:
    """Return the table; each cell has what came natively and what came with the filters."""
    rows = [HEAD, ("---",) * len(HEAD), *(line.cells() for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _whole(side: Summary) -> str:
    return f"{side.whole} of {side.wanted}"


def _statuses(side: Summary) -> str:
    return " ".join(str(status or "none") for status in side.statuses)


def _first_byte(side: Summary) -> str:
    return f"{'over ' if side.gave_up else ''}{side.first_byte:.1f} s"


def _others(side: Summary) -> str:
    return "-" if side.others is None else f"{side.others:.1f} s"


def _cached(side: Summary) -> str:
    return str(len(side.cached))


def _figures(side: Summary) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in side.figures.items()) or "-"


CELLS = (_whole, _statuses, _first_byte, _others, _cached, _figures)
