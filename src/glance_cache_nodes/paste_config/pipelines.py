# SPDX-License-Identifier: Apache-2.0
"""The pipelines of a paste file, and options that look like one but cannot be read.

Glance has two forms: ``[pipeline:NAME]`` with the key ``pipeline``, and a ``[composite:NAME]``
made by ``glance.api:pipeline_factory`` in which every key is a pipeline, chosen by ``flavor``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.paste_config import chains
from glance_cache_nodes.paste_config.names import APPLICATIONS, CONTEXT
from glance_cache_nodes.paste_config.reader import PASTE_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.paste_config.chains import Chain
    from glance_cache_nodes.paste_config.model import Option, Section
    from glance_cache_nodes.paste_config.names import Names

PIPELINE_FACTORY = "glance.api:pipeline_factory"
# Keys with a meaning to paste itself: none of them is a flavor's pipeline.
PASTE_KEYS = {"use", "require", "filter-with"}
PASTE_PREFIXES = ("paste.", "set ", "get ")


@dataclass(frozen=True)
class Skipped:
    """A pipeline that gets no filter.

    Attributes:
        pipeline: a name for people, such as ``[composite:api] keystone``.
        reason: why, and what would be right.
    """

    pipeline: str
    reason: str


def find(names: Names) -> list[Chain | Skipped]:
    """Return the pipelines of a file in their order, and what cannot be read as one.

    Raises:
        UserError: a ``%`` in one that paste cannot fill in.
    """
    applications = [each for each in names.document.sections if each.kind in APPLICATIONS]
    return [each for section in applications for each in _in_section(names, section)]


def options(names: Names, section: Section) -> list[Option]:
    """Return the options of a section that hold a pipeline."""
    if section.kind == "pipeline":
        own = section.option("pipeline")
        return [own] if own else []
    is_other = section.kind == "filter-app" or section.kind not in APPLICATIONS
    if is_other or names.factory(section) != PIPELINE_FACTORY:
        return []
    return [each for each in section.options if not _is_pastes(each) and not _is_part(names, each)]


def _in_section(names: Names, section: Section) -> Iterator[Chain | Skipped]:
    for option in options(names, section):
        if option.name in names.document.parser.defaults().keys() - PASTE_DEFAULTS:
            reason = f"[DEFAULT] has {option.name} too, and paste then ignores the one here"
            yield Skipped(option.label, f"{reason}; rename one of them")
        else:
            yield chains.of_pipeline(names, section, option)
    yield from _unreadable(names, section)
    if not _is_flavors(names, section):
        around = chains.of_application(names, section)
        if _has_own_context(around):
            yield around


def _has_own_context(chain: Chain) -> bool:
    """Tell whether a filter that no pipeline names makes the context."""
    return any(chain.steps[place].word is None for place in chain.places(CONTEXT))


def _unreadable(names: Names, section: Section) -> Iterator[Skipped]:
    use = names.loaded(section)
    if section.kind == "pipeline" and not section.option("pipeline"):
        yield Skipped(f"[{section.title}]", "it has no option pipeline; give it one")
    if use.startswith("config:"):
        yield Skipped(f"[{section.title}]", f"it is in {use[7:]}; give that file to this command")
    for option in section.options:
        if option.name.startswith("get ") and _is_flavors(names, section):
            yield Skipped(option.label, "its words are in another option; write them here")
        elif not _is_flavors(names, section) and _looks_like_one(names, section, option):
            reason = f"it is made by {use or 'nothing'}, not by {PIPELINE_FACTORY}"
            yield Skipped(option.label, f"{reason}; put the filter in by hand")


def _is_flavors(names: Names, section: Section) -> bool:
    return section.kind == "pipeline" or names.factory(section) == PIPELINE_FACTORY


def _looks_like_one(names: Names, section: Section, option: Option) -> bool:
    filters = [word.text for word in option.words[:-1]]
    is_plain = section.kind != "filter-app" and not _is_pastes(option)
    return is_plain and any(CONTEXT in names.roles(name) for name in filters)


def _is_pastes(option: Option) -> bool:
    return option.name in PASTE_KEYS or option.name.startswith(PASTE_PREFIXES)


def _is_part(names: Names, option: Option) -> bool:
    """Tell whether an option only holds filters, which others take in by its ``%(name)s``."""
    made = [name for _, words in names.document.words(option) for name in words]
    if not made or made[-1] not in names.filters or made[-1] in names.applications:
        return False
    token = f"%({option.name})s"
    everywhere = (each for section in names.document.sections for each in section.options)
    return any(token in word.text for each in everywhere for word in each.words)
