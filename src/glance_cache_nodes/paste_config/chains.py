# SPDX-License-Identifier: Apache-2.0
"""The filters that a request passes, in their order, and the application.

A chain begins in one pipeline and may go on in others: the last word of a pipeline may name a
further ``[pipeline:...]``, and a ``[filter-app:...]`` or ``filter-with`` adds a filter that no
pipeline names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.model import Option, Section, Word
    from glance_cache_nodes.paste_config.names import Names

    Seen = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A filter of a chain, or, last, the application.

    Attributes:
        name: the name as paste sees it.
        roles: its roles in the order of filters.
        word: what to write in front of, to put a filter directly before this one; None where this
            one comes out of the middle of a ``%(name)s``, or of no pipeline.
        is_word: whether the word names this one and nothing else.
    """

    name: str
    roles: frozenset[str] = frozenset()
    word: Word | None = None
    is_word: bool = False


@dataclass(frozen=True)
class Chain:
    """A chain, from where a person finds it.

    Attributes:
        label: a name for people, such as ``[composite:api] keystone``.
        where: the same with its line.
        title: the section in which it begins.
        leads_to: the name of the application that this section leads to.
        words: what its own section has of it.
        steps: the filters in their order and then the application; empty for an empty pipeline.
    """

    label: str
    where: str
    title: str
    leads_to: str
    words: list[Word]
    steps: list[Step]

    def places(self, *roles: str) -> list[int]:
        """Return the indexes in steps of the filters that are one of roles."""
        return [place for place, step in enumerate(self.steps) if step.roles & {*roles}]


def of_pipeline(names: Names, section: Section, option: Option) -> Chain:
    """Return the chain that begins in a pipeline."""
    made = [name for _, found in names.document.words(option) for name in found]
    steps = [*_around(names, section), *_written(names, option, (section.title,))]
    last = made[-1] if made else ""
    return Chain(option.label, str(option), section.title, last, option.words, steps)


def of_application(names: Names, section: Section) -> Chain:
    """Return the chain that begins in an application with a filter of its own."""
    steps = _application(names, Step(section.name), ())
    return Chain(f"[{section.title}]", str(section), section.title, section.name, [], steps)


def _around(names: Names, section: Section) -> list[Step]:
    """Return the filters that a section itself puts before what it leads to."""
    found = [names.value(section, "filter-with")]
    if section.kind == "filter-app":
        found.append(names.loaded(section))
    return [Step(name, names.roles(name)) for name in found if name]


def _written(names: Names, option: Option, seen: Seen) -> list[Step]:
    steps = [
        Step(name, names.roles(name), None if place else word, word.text == name)
        for word, made in names.document.words(option)
        for place, name in enumerate(made)
    ]
    if not steps:
        return []
    last = replace(steps.pop(), roles=frozenset())
    return [*steps, *_application(names, last, seen)]


def _application(names: Names, last: Step, seen: Seen) -> list[Step]:
    """Return what an application leads through, or it alone."""
    section = names.applications.get(last.name)
    if section is None or section.title in seen:
        return [last]
    seen = (*seen, section.title)
    pipeline = section.option("pipeline") if section.kind == "pipeline" else None
    is_filtered = section.kind == "filter-app"
    following = names.value(section, "next") if is_filtered else names.loaded(section)
    around = _around(names, section)
    if pipeline:
        steps = [*around, *(_written(names, pipeline, seen) or [Step(last.name)])]
    elif following in names.applications:
        steps = [*around, *_application(names, Step(following), seen)]
    elif around:
        steps = [*around, Step(last.name)]
    else:
        return [last]
    if steps and steps[0].word is None:
        steps[0] = replace(steps[0], word=last.word)
    return steps
