# SPDX-License-Identifier: Apache-2.0
"""What one turn of a case came to, and what several turns came to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from timed_download import Download


@dataclass(frozen=True)
class Outcome:
    """What came of a turn.

    Attributes:
        downloads: what the clients got.
        others: seconds that the slowest other request took; None where none was made.
        cached: labels of the images that are cached afterwards, whole and right.
        figures: what else was measured, by name.
        faults: what must not be, in words.
    """

    downloads: Sequence[Download]
    others: float | None = None
    cached: frozenset[str] = frozenset()
    figures: dict[str, float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def first_byte(self) -> float:
        """The slowest first byte."""
        return max(each.first_byte for each in self.downloads)

    @property
    def gave_up(self) -> bool:
        """Whether a client went without a byte."""
        return any(each.gave_up for each in self.downloads)


@dataclass(frozen=True)
class Summary:
    """What came of all turns at one side.

    Attributes:
        whole: downloads that were the image.
        wanted: downloads.
        statuses: all that came, sorted; 0 where no answer came.
        first_byte: median of the turns' slowest.
        others: likewise; None where no other request was made.
        cached: what was cached after every turn.
        figures: median of each.
        faults: all that were seen.
        turns: how many there were.
        gave_up: whether the median of the first bytes is how long clients waited in vain.
    """

    whole: int
    wanted: int
    statuses: tuple[int, ...]
    first_byte: float
    others: float | None
    cached: frozenset[str]
    figures: dict[str, float]
    faults: tuple[str, ...]
    turns: int
    gave_up: bool


def summary(turns: Sequence[Outcome]) -> Summary:
    """Sum up the turns of a side."""
    downloads = [each for turn in turns for each in turn.downloads]
    others = [turn.others for turn in turns if turn.others is not None]
    names = [name for turn in turns for name in turn.figures]
    return Summary(
        whole=sum(each.is_whole for each in downloads),
        wanted=len(downloads),
        statuses=tuple(sorted({each.status for each in downloads})),
        first_byte=statistics.median(turn.first_byte for turn in turns),
        others=statistics.median(others) if others else None,
        cached=frozenset.intersection(*(turn.cached for turn in turns)),
        figures={name: _median(turns, name) for name in dict.fromkeys(names)},
        faults=tuple(dict.fromkeys(fault for turn in turns for fault in turn.faults)),
        turns=len(turns),
        gave_up=2 * sum(turn.gave_up for turn in turns) > len(turns),
    )


def _median(turns: Sequence[Outcome], name: str) -> float:
    return statistics.median(turn.figures[name] for turn in turns if name in turn.figures)
