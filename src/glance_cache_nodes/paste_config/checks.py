# SPDX-License-Identifier: Apache-2.0
"""What must hold before a paste file is edited: the name is free, and the order can be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config.pipelines import EGG, FILTER, OURS, factories

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.model import Document, Section
    from glance_cache_nodes.paste_config.pipelines import Pipeline

AGAIN = "take it out with --remove, then add it again"


def own_section(document: Document) -> Section | None:
    """Return the section of our filter, or None when there is none yet.

    Raises:
        UserError: another filter has its name, or it is there under another name.
    """
    loads = factories(document)
    filters = {section.name: section for section in document.sections if section.kind == "filter"}
    for name, section in filters.items():
        target = loads.get(name, "nothing")
        where = f"line {section.line + 1}: [{section.title}]"
        if name == FILTER and target not in OURS:
            raise UserError(f"{where} uses {target}, not {EGG}; give that filter another name")
        if name != FILTER and target in OURS:
            raise UserError(f"{where} is this filter under another name; call it {FILTER}")
    return filters.get(FILTER)


def check_order(pipeline: Pipeline) -> None:
    """Check that the filter stands, or can be put, after the context and before the cache.

    Raises:
        UserError: it does not, or cannot.
    """
    faults = _own_faults(pipeline) if pipeline.ours else []
    fault = next(iter(_cache_faults(pipeline) + faults), None)
    if fault:
        raise UserError(f"{pipeline.option}: {fault}")


def _cache_faults(pipeline: Pipeline) -> list[str]:
    words, contexts, caches = pipeline.words, pipeline.contexts, pipeline.caches
    if contexts and caches and caches[0] < contexts[-1]:
        return [f"{words[caches[0]]} stands before {words[contexts[-1]]}; it must come after"]
    return []


def _own_faults(pipeline: Pipeline) -> list[str]:
    words, place = pipeline.words, pipeline.ours[0]
    context = max(pipeline.contexts, default=-1)
    cache = min(pipeline.caches, default=len(words))
    faults = (
        (len(pipeline.ours) > 1, f"{FILTER} stands there twice; {AGAIN}"),
        (context < 0, f"{FILTER} stands in a pipeline without a context filter; take it out"),
        (place < context, f"{FILTER} stands before {words[context]}; {AGAIN}"),
        (place > cache, f"{FILTER} stands after {words[min(cache, len(words) - 1)]}; {AGAIN}"),
        (place == len(words) - 1, f"{FILTER} stands last, where the application must; {AGAIN}"),
    )
    return [message for wrong, message in faults if wrong]
