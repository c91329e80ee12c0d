# SPDX-License-Identifier: Apache-2.0
"""The positions of a filter: in which pipelines, directly before which word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.paste_config import pipelines
from glance_cache_nodes.paste_config.chains import Chain
from glance_cache_nodes.paste_config.pipelines import Skipped

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.chains import Step
    from glance_cache_nodes.paste_config.filters import Filter
    from glance_cache_nodes.paste_config.names import Names


@dataclass(frozen=True)
class Placement:
    """The place of a filter in one chain.

    Attributes:
        chain: the chain.
        before: the step that directly follows the filter in its right position.
        now: the step that is the filter; None if there is none.
        is_right: whether it is in its right position.
    """

    chain: Chain
    before: Step
    now: Step | None
    is_right: bool


@dataclass(frozen=True)
class Plan:
    """The changes to the pipelines of a file.

    Attributes:
        chains: all but those that begin behind the context of another pipeline.
        placements: of the filter in these.
        skipped: the others, and what cannot be read as a pipeline.
    """

    chains: list[Chain]
    placements: list[Placement]
    skipped: list[Skipped]


def plan(names: Names, wanted: Filter) -> Plan:
    """Return the position of the filter in each pipeline, and the pipelines without one.

    Raises:
        UserError: a ``%`` in a pipeline that paste cannot fill in.
    """
    found = pipelines.find(names)
    able = [each for each in found if isinstance(each, Chain) and wanted.lower(each) >= 0]
    covered = {title for chain in able for title in _behind(names, chain)}
    counted = [
        each
        for each in found
        if isinstance(each, Skipped) or each in able or each.title not in covered
    ]
    outcomes = [
        _place_or_reason(each, wanted, able) if isinstance(each, Chain) else each
        for each in counted
    ]
    return Plan(
        [each for each in counted if isinstance(each, Chain)],
        [each for each in outcomes if isinstance(each, Placement)],
        [each for each in outcomes if isinstance(each, Skipped)],
    )


def _behind(names: Names, chain: Chain) -> set[str]:
    """Return the titles of the sections that a chain goes on in."""
    return names.reached(chain.leads_to) - {chain.title}


def _place_or_reason(chain: Chain, wanted: Filter, able: list[Chain]) -> Placement | Skipped:
    if chain not in able:
        return Skipped(chain.label, _no_lower(chain, wanted))
    placement = _place(chain, wanted)
    reason = _fault(placement, wanted, able)
    return Skipped(chain.label, reason) if reason else placement


def _place(chain: Chain, wanted: Filter) -> Placement:
    following = wanted.next_step(chain)
    standing = wanted.standing(chain)
    now = chain.steps[standing[0]] if standing else None
    return Placement(chain, chain.steps[following], now, standing == [following - 1])


def _fault(placement: Placement, wanted: Filter, able: list[Chain]) -> str:
    """Return why the filter cannot be put into its place, "" where it can."""
    before, now = placement.before, placement.now
    if placement.is_right:
        return ""
    if before.word is None:
        return (
            f"the place of {wanted.name}, directly before {before.name}, is inside a %(name)s, a "
            "filter-with or a [filter-app:...]; write these filters into the pipeline one by one"
        )
    if now and not now.is_word:
        return from_elsewhere(wanted.name)
    for other in able:
        elsewhere = other.steps[wanted.next_step(other)].word != before.word
        if elsewhere and any(step.word == before.word for step in other.steps):
            return (
                f"it leads to {before.name} through a pipeline that {other.label} leads through "
                f"too, behind the place of {wanted.name}; write its filters out one by one"
            )
    return ""


def from_elsewhere(name: str) -> str:
    """Return the message for a filter that cannot be removed: others may use the same text."""
    return f"{name} comes out of a %(name)s; write the word itself in its place"


def _no_lower(chain: Chain, wanted: Filter) -> str:
    if not chain.steps:
        return "it is empty"
    filters = ", ".join(step.name for step in chain.steps[:-1]) or "it has no filter"
    if wanted.standing(chain):
        hint = f"{wanted.name} stands in it and is left where it is"
    else:
        hint = f"if one of them does the same, put {wanted.name} in by hand"
    return f"no filter in it is known as Glance's {wanted.behind} ({filters}); {hint}"
