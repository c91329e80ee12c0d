# SPDX-License-Identifier: Apache-2.0
"""What a paste file means to Glance: its filters by what they are, and its pipelines.

Glance has two forms: ``[pipeline:NAME]`` with the key ``pipeline``, and a ``[composite:NAME]``
made by ``glance.api:pipeline_factory`` in which every key is a pipeline, chosen by ``flavor``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.model import Document, Option, Section

FILTER = "cache_nodes"
EGG = "egg:glance-cache-nodes#cache_nodes"
# The spellings that load our filter: a person may have written any of them.
OURS = {EGG, EGG.replace("-", "_"), "glance_cache_nodes.api.filter:filter_factory"}

CONTEXT_FACTORIES = {
    "glance.api.middleware.context:ContextMiddleware.factory",
    "glance.api.middleware.context:UnauthenticatedContextMiddleware.factory",
}
CONTEXT_NAMES = {"context", "unauthenticated-context"}
CACHE_FACTORIES = {"glance.api.middleware.cache:CacheFilter.factory"}
CACHE_NAMES = {"cache"}
PIPELINE_FACTORY = "glance.api:pipeline_factory"
# Keys with a meaning to paste itself: none of them is a flavor's pipeline.
PASTE_KEYS = {"use", "require", "filter-with"}
PASTE_PREFIXES = ("paste.", "set ", "get ")


@dataclass(frozen=True)
class Pipeline:
    """One pipeline: filters and, last, the application.

    Attributes:
        option: where it is written.
        words: its words as paste sees them, ``%(name)s`` filled in.
        contexts: the indexes in words of the filters that make the request's context.
        caches: the indexes in words of Glance's cache filter.
        ours: the indexes in words of our filter.
    """

    option: Option
    words: list[str]
    contexts: list[int]
    caches: list[int]
    ours: list[int]

    @property
    def label(self) -> str:
        """Return a name for people, such as ``[composite:api] keystone``."""
        return f"[{self.option.section}] {self.option.name}"


def factories(document: Document) -> dict[str, str]:
    """Return what each filter section loads, by the filter's name; ``use = OTHER`` is followed."""
    loads = {
        section.name: document.value(option)
        for section in document.sections
        for option in section.options
        if section.kind == "filter" and option.name in ("use", "paste.filter_factory")
    }
    return {name: _follow(loads, loads[name]) for name in loads}


def _follow(loads: dict[str, str], target: str) -> str:
    for _ in loads:  # as many steps as filters: a circle ends too
        target = loads.get(target, target)
    return target


def pipelines(document: Document) -> list[Pipeline]:
    """Return every pipeline of the file, with or without a context.

    Raises:
        UserError: a word that matters comes out of a ``%(name)s`` instead of standing there.
    """
    loads = factories(document)
    contexts = _named(loads, CONTEXT_FACTORIES, CONTEXT_NAMES)
    caches = _named(loads, CACHE_FACTORIES, CACHE_NAMES)
    found = []
    for option in _options(document):
        words = document.value(option).split()
        _refuse_hidden(option, words, contexts | {FILTER})
        filters = words[:-1]
        places = (_places(filters, contexts), _places(filters, caches), _places(words, {FILTER}))
        found.append(Pipeline(option, words, *places))
    return found


def _named(loads: dict[str, str], targets: set[str], usual: set[str]) -> set[str]:
    """Return the names of the filters that load one of targets, or have a usual name.

    A usual name counts only beside other filters of Glance: Heat's paste file has a ``context``
    too, and it is not Glance's. Beside them it may be an operator's own class in its place.
    """
    is_glance = any(target.startswith("glance.") for target in loads.values())
    by_name = usual & loads.keys() if is_glance else set()
    return by_name | {name for name, target in loads.items() if target in targets}


def _options(document: Document) -> list[Option]:
    return [option for section in document.sections for option in _pipelines_in(document, section)]


def _pipelines_in(document: Document, section: Section) -> list[Option]:
    if section.kind == "pipeline":
        return [option for option in section.options if option.name == "pipeline"]
    factory = {
        document.value(option)
        for option in section.options
        if option.name in ("paste.composite_factory", "paste.composit_factory")
    }
    if PIPELINE_FACTORY not in factory:
        return []
    return [option for option in section.options if not _is_pastes(option.name)]


def _is_pastes(key: str) -> bool:
    return key in PASTE_KEYS or key.startswith(PASTE_PREFIXES)


def _places(words: list[str], names: set[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in names]


def _refuse_hidden(option: Option, words: list[str], names: set[str]) -> None:
    """Refuse a word that only ``%(name)s`` brings: the text it stands in may serve others too."""
    written = [word.text for word in option.words]
    hidden = [name for name in sorted(names) if words.count(name) != written.count(name)]
    if hidden:
        raise UserError(
            f"{option}: {hidden[0]} comes out of a %(name)s; write the word itself in its place"
        )
