# SPDX-License-Identifier: Apache-2.0
"""The filters of the add-on: their sections, and their positions in a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.paste_config import names

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.chains import Chain


@dataclass(frozen=True)
class Filter:
    """A filter of the add-on.

    Attributes:
        name: its section is ``[filter:NAME]``.
        egg: what its section uses.
        factory: the same as ``module:factory``, which a person may have written instead.
        behind: the role that it follows; a chain without that role gets no filter.
        before: the roles that it precedes, each only if those in front of it are missing; the
            application if all are.
        late: whether it comes directly before these; else directly behind the others.
        behind_words: the filters of the role that it stands behind, for people.
    """

    name: str
    egg: str
    factory: str
    behind: str
    before: tuple[str, ...]
    late: bool
    behind_words: str

    def standing(self, chain: Chain) -> list[int]:
        """Return the indexes of this filter in a chain."""
        last = len(chain.steps) - 1
        return [place for place, step in enumerate(chain.steps[:last]) if step.name == self.name]

    def lower(self, chain: Chain) -> int:
        """Return the index of the last step that it follows; -1 for none."""
        return max(chain.places(self.behind), default=-1)

    def upper(self, chain: Chain) -> int:
        """Return the index of the first step that it precedes, at the latest the application."""
        lower, last = self.lower(chain), len(chain.steps) - 1
        for role in self.before:
            places = [place for place in following(chain, role) if place > lower]
            if places:
                return places[0]
        return last

    def next_step(self, chain: Chain) -> int:
        """Return the index of the step that directly follows it in the right position."""
        if self.late:
            return self.upper(chain)
        place = self.lower(chain) + 1
        return place + 1 if place in self.standing(chain) else place


def following(chain: Chain, role: str) -> list[int]:
    """Return the indexes of a role; behind the context, a filter named cache is a cache too."""
    if role != names.CACHE:
        return chain.places(role)
    context = max(chain.places(names.CONTEXT), default=-1)
    by_name = [place for place in chain.places(names.CACHE_BY_NAME) if place > context]
    return sorted([*chain.places(role), *by_name])


CACHE_NODES = Filter(
    name="cache_nodes",
    egg="egg:glance-cache-nodes#cache_nodes",
    factory="glance_cache_nodes.api.filter:filter_factory",
    behind=names.CONTEXT,
    before=(names.CACHE, names.CACHE_MANAGE),
    late=True,
    behind_words="context or unauthenticated-context",
)
CACHE_FILL = Filter(
    name="cache_fill",
    egg="egg:glance-cache-nodes#cache_fill",
    factory="glance_cache_nodes.fill.filter:filter_factory",
    behind=names.CACHE,
    before=(),
    late=False,
    behind_words="cache",
)
FILTERS = (CACHE_NODES,)
WITH_FILL = (CACHE_NODES, CACHE_FILL)
"""The same, and the filter that a site may do without."""
