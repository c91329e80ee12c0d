# SPDX-License-Identifier: Apache-2.0
"""The filters of the add-on: their sections, and their places in a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.paste_config.chains import same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.paste_config.chains import Step

CONTEXT, CACHE, CACHE_MANAGE = "context", "cache", "cachemanage"

_MIDDLEWARE = "glance.api.middleware"
ROLES = {
    f"{_MIDDLEWARE}.context:ContextMiddleware.factory": CONTEXT,
    f"{_MIDDLEWARE}.context:UnauthenticatedContextMiddleware.factory": CONTEXT,
    f"{_MIDDLEWARE}.cache:CacheFilter.factory": CACHE,
    f"{_MIDDLEWARE}.cache_manage:CacheManageFilter.factory": CACHE_MANAGE,
}
# An operator's own class may replace Glance's, under Glance's name.
USUAL = {
    "context": CONTEXT,
    "unauthenticated-context": CONTEXT,
    "cache": CACHE,
    "cachemanage": CACHE_MANAGE,
}


@dataclass(frozen=True)
class Filter:
    """A filter of the add-on.

    Attributes:
        name: its section is ``[filter:NAME]``.
        egg: what its section uses.
        factory: the same as ``module:factory``, which a person may have written instead.
        place: given the steps of a chain without it, the index of the step that it stands directly
            before; None for none.
    """

    name: str
    egg: str
    factory: str
    place: Callable[[Sequence[Step]], int | None]

    @property
    def section(self) -> str:
        """The text of its section."""
        return f"[filter:{self.name}]\nuse = {self.egg}"

    def is_loaded_by(self, spelling: str) -> bool:
        """Tell whether paste would load it."""
        return same(spelling) in (same(self.egg), self.factory)

    def is_in(self, steps: Sequence[Step]) -> bool:
        """Tell whether it stands in a chain."""
        return any(self.is_loaded_by(step.loads) for step in steps)

    def before(self, steps: Sequence[Step]) -> str:
        """Return the name of the step that it stands directly before; "" for none."""
        others = without(steps, (self,))
        place = self.place(others)
        return "" if place is None else others[place].name

    def is_right(self, steps: Sequence[Step]) -> bool:
        """Tell whether it stands in its place and nowhere else; nowhere, if there is none."""
        place = self.place(without(steps, (self,)))
        standing = [each for each, step in enumerate(steps) if self.is_in([step])]
        return standing == ([] if place is None else [place])


def without(steps: Sequence[Step], filters: Sequence[Filter]) -> list[Step]:
    """Return the steps that are none of these filters."""
    return [step for step in steps if not any(each.is_in([step]) for each in filters)]


def roles(steps: Sequence[Step]) -> list[str]:
    """Return what each step is to an order, "" for most: by its class, or else by its name.

    A name alone tells nothing where nothing is Glance's: Heat's file has a ``context`` too. Nor is
    a site's own ``cache`` Glance's where it stands before the context.
    """
    is_glance = any(step.loads.startswith("glance.") for step in steps)
    found: list[str] = []
    for step in steps[:-1]:
        usual = USUAL.get(step.name, "") if is_glance else ""
        is_other = usual == CACHE and CONTEXT not in found
        found.append(ROLES.get(step.loads) or ("" if is_other else usual))
    return [*found, ""] if steps else []


def unseen(steps: Sequence[Step]) -> list[str]:
    """Return the names of a site's own filters that stand behind the place of ``cache_nodes``.

    They see Glance's requests and none of the add-on's.
    """
    others = without(steps, WITH_FILL)
    place = CACHE_NODES.place(others)
    if place is None:
        return []
    behind = [*zip(others, roles(others))][place:-1]
    return [step.name for step, role in behind if role not in (CACHE, CACHE_MANAGE)]


def _directly_before_cache(steps: Sequence[Step]) -> int | None:
    """Return the place behind the context and what a site put behind it."""
    found = roles(steps)
    if CONTEXT not in found:
        return None
    behind = len(found) - found[::-1].index(CONTEXT)
    if CACHE in found[:behind]:
        return None
    places = [found.index(role, behind) for role in (CACHE, CACHE_MANAGE) if role in found[behind:]]
    return next(iter(places), len(found) - 1)


def _directly_behind_cache(steps: Sequence[Step]) -> int | None:
    places = [place for place, step in enumerate(steps[:-1]) if ROLES.get(step.loads) == CACHE]
    return places[-1] + 1 if places else None


CACHE_NODES = Filter(
    name="cache_nodes",
    egg="egg:glance-cache-nodes#cache_nodes",
    factory="glance_cache_nodes.api.filter:filter_factory",
    place=_directly_before_cache,
)
CACHE_FILL = Filter(
    name="cache_fill",
    egg="egg:glance-cache-nodes#cache_fill",
    factory="glance_cache_nodes.fill.filter:filter_factory",
    place=_directly_behind_cache,
)
FILTERS = (CACHE_NODES,)
WITH_FILL = (CACHE_NODES, CACHE_FILL)
"""The same, and the filter that a site may do without."""
