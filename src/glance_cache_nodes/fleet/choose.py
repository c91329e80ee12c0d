# SPDX-License-Identifier: Apache-2.0
"""The nodes on which an image is placed: those that have it, then the emptiest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from glance_cache_nodes.fleet import outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from glance_cache_nodes.fleet.outcome import Answer


@dataclasses.dataclass(frozen=True)
class Group:
    """Nodes to choose from.

    Attributes:
        nodes: node reference URLs.
        wanted: number of nodes that are to have the image; None for all.
        site: their site; None for any.
    """

    nodes: tuple[str, ...]
    wanted: int | None = None
    site: str | None = None


def holds(answer: Answer, on_record: Collection[str]) -> bool:
    """Return whether a node has or fetches an image; by the record if it cannot say."""
    if answer.is_by_record:
        return answer.node in on_record
    return answer.state in {outcome.CONFIRMED, outcome.CACHING, outcome.QUEUED}


def choose(
    groups: Iterable[Group],
    answers: Mapping[str, Answer],
    on_record: Collection[str],
    used: Mapping[str, int],
    usable: Mapping[str, bool],
) -> list[str]:
    """Return the chosen nodes, sorted.

    Args:
        groups: to choose from.
        answers: what came of asking each node of them.
        on_record: the nodes that hold the image by the record.
        used: bytes on record by node.
        usable: of the nodes that take new images, whether this one can come there now.
    """
    chosen: set[str] = set()
    for group in groups:
        if group.wanted is None:
            chosen.update(group.nodes)
            continue
        holders = [node for node in group.nodes if holds(answers[node], on_record)]
        others = [node for node in group.nodes if node in usable and node not in holders]
        # Those where it cannot come now are last, and named where there are not enough others.
        others.sort(key=lambda node: (not usable[node], used.get(node, 0), node))
        chosen.update(holders, others[: max(0, group.wanted - len(holders))])
    return sorted(chosen)
