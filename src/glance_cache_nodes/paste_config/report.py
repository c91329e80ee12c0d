# SPDX-License-Identifier: Apache-2.0
"""The pipelines of a paste file, and whether each has our filters in their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.paste_config import read
from glance_cache_nodes.paste_config.filters import (
    CACHE,
    CACHE_NODES,
    CONTEXT,
    FILTERS,
    roles,
    unseen,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.paste_config.chains import Chain, Step
    from glance_cache_nodes.paste_config.filters import Filter

SERVICE = "glance-api"


@dataclass(frozen=True)
class Pipeline:
    """A pipeline.

    Attributes:
        label: its section and option, such as ``[composite:api] keystone``.
        flavor: the ``[paste_deploy] flavor`` that it serves; "default" for none, "" where its name
            is not one of Glance's.
        has_filter: whether ``cache_nodes`` stands in it.
        has_cache: whether Glance's cache stands in it.
        fault: why a filter is not in its place, and where that is; "" where all are.
        unseen: the site's filters behind the cache, which never see the add-on's requests.
    """

    label: str
    flavor: str
    has_filter: bool
    has_cache: bool
    fault: str
    unseen: tuple[str, ...]


def pipelines(text: str, filters: Sequence[Filter] = FILTERS) -> list[Pipeline]:
    """Return the pipelines of a paste file.

    A filter that a site may do without is missed only where a pipeline has a place for it.

    Raises:
        UserError: not a file that paste can read, or PasteDeploy is not installed.
    """
    found = read.chains(text).values()
    # An application is one if a filter that no pipeline names makes the context.
    return [
        _pipeline(each, filters)
        for each in found
        if each.option or each.fault or CONTEXT in roles(each.steps)
    ]


def _pipeline(chain: Chain, filters: Sequence[Filter]) -> Pipeline:
    steps = chain.steps
    wrong = [each for each in filters if each.before(steps) and not each.is_right(steps)]
    return Pipeline(
        label=chain.label,
        flavor=_flavor(chain),
        has_filter=CACHE_NODES.is_in(steps),
        has_cache=CACHE in roles(steps),
        fault=chain.fault or "; ".join(_missing(each, steps) for each in wrong) or _no_place(steps),
        unseen=tuple(unseen(steps)),
    )


def _missing(wanted: Filter, steps: Sequence[Step]) -> str:
    stands = "stands elsewhere" if wanted.is_in(steps) else "is missing"
    return f"{wanted.name} {stands}; its place is directly before {wanted.before(steps)}"


def _no_place(steps: Sequence[Step]) -> str:
    if CACHE_NODES.before(steps):
        return ""
    if CONTEXT in roles(steps):
        return "its cache stands before its context; it must come after"
    filters = ", ".join(step.name for step in steps[:-1]) or "it has no filter"
    hint = "stands in it and is left" if CACHE_NODES.is_in(steps) else "may be put in by hand"
    known = f"no filter in it is known as Glance's context ({filters})"
    return f"{known}; if one of them does the same, {CACHE_NODES.name} {hint}"


def _flavor(chain: Chain) -> str:
    kind, _, name = chain.title.partition(":")
    if kind != "pipeline":
        return chain.option
    service, _, flavor = f"{name.strip()}-".partition(f"{SERVICE}-")
    return "" if service else flavor[:-1] or "default"
