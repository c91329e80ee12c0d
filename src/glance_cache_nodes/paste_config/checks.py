# SPDX-License-Identifier: Apache-2.0
"""Checks before a paste file is edited: the name is free, and the order can be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import pipelines
from glance_cache_nodes.paste_config.filters import following
from glance_cache_nodes.paste_config.names import APPLICATIONS, CACHE, CONTEXT, same

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.chains import Chain
    from glance_cache_nodes.paste_config.filters import Filter
    from glance_cache_nodes.paste_config.model import Option, Section
    from glance_cache_nodes.paste_config.names import Names

AGAIN = "take it out with --remove, then add it again"


def own_section(names: Names, wanted: Filter) -> Section | None:
    """Return the section of the filter, or None.

    Raises:
        UserError: another filter has its name, or it is there under another name.
    """
    filters = [each for each in names.document.sections if each.kind == "filter"]
    found = [section for section in filters if section.name == wanted.name]
    if len(found) > 1:
        raise UserError(f"{found[1]} is there twice; keep one")
    ours = {same(wanted.egg), wanted.factory}
    for section in filters:
        parts = names.parts(section.name)
        if section in found and not parts & ours:
            uses = names.loaded(section) or "nothing"
            raise UserError(
                f"{section} uses {uses}, not {wanted.egg}; give that filter another name"
            )
        if section not in found and parts & ours:
            raise UserError(f"{section} is this filter under another name; call it {wanted.name}")
    _refuse_other_spelling(names, ours, wanted)
    return found[0] if found else None


def _refuse_other_spelling(names: Names, ours: set[str], wanted: Filter) -> None:
    """Refuse ``egg:...`` as a word of a pipeline, which paste loads too."""
    sections = [each for each in names.document.sections if each.kind in APPLICATIONS]
    for section in sections:
        for option in pipelines.options(names, section):
            if any(same(word.text) in ours for word in option.words):
                raise UserError(
                    f"{option}: this filter stands there as {wanted.egg}; call it {wanted.name}"
                )


def check_order(names: Names, chains: list[Chain], wanted: Filter) -> None:
    """Check that the filter is, or can be put, behind what it needs and before the cache.

    Raises:
        UserError: in a chain it is not, and cannot be.
    """
    for chain in chains:
        faults = [*_faults_of_cache(chain), *_faults_of(wanted, chain)]
        last = chain.steps[-1].name if chain.steps else ""
        if last == wanted.name and last not in names.applications:
            faults.append(f"{last} stands last, where the application must; {AGAIN}")
        if faults:
            raise UserError(f"{chain.where}: {faults[0]}")


def _faults_of_cache(chain: Chain) -> list[str]:
    contexts, caches = chain.places(CONTEXT), following(chain, CACHE)
    if not contexts or not caches or caches[0] > contexts[-1]:
        return []
    cache, context = chain.steps[caches[0]], chain.steps[contexts[-1]]
    if cache is context:
        return [f"{cache.name} is context and cache at once; write the two into the pipeline"]
    return [f"{cache.name} stands before {context.name}; it must come after"]


def _faults_of(wanted: Filter, chain: Chain) -> list[str]:
    standing, name = wanted.standing(chain), wanted.name
    if not standing:
        return []
    lower, place = wanted.lower(chain), standing[0]
    if lower < 0:
        # What is in front of it may be a context of a class that nobody knows.
        is_first = place == 0 and chain.steps[0].word in chain.words
        about = f"{name} stands in a pipeline without a {wanted.behind} filter; take it out"
        return [about] if is_first else []
    limit = min((each for role in wanted.before[:1] for each in following(chain, role)), default=-1)
    faults = (
        (len(standing) > 1, f"{name} stands there twice; {AGAIN}"),
        (place < lower, f"{name} stands before {chain.steps[lower].name}; {AGAIN}"),
        (-1 < limit < place, f"{name} stands after {chain.steps[limit].name}; {AGAIN}"),
    )
    return [message for wrong, message in faults if wrong]


def refuse_what_stays(names: Names, wanted: Filter) -> None:
    """Refuse to remove a filter that is named where this command puts no word.

    Raises:
        UserError: paste could not load the file without the section.
    """
    for section in names.document.sections:
        pipes = pipelines.options(names, section)
        for option in section.options:
            if option not in pipes and _names_filter(section, option, wanted.name):
                raise UserError(f"{option} names {wanted.name} too; take that out by hand first")


def _names_filter(section: Section, option: Option, name: str) -> bool:
    if section.kind not in APPLICATIONS:
        return False
    is_filter = option.name == "filter-with" or (section.kind, option.name) == ("filter-app", "use")
    written = [word.text for word in option.words]
    return name in (written if is_filter else written[:-1])
