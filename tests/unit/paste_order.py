# SPDX-License-Identifier: Apache-2.0
"""What paste itself makes of a file: the classes that a request meets, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glance.api import pipeline_factory
from paste.deploy import loadwsgi

from glance_cache_nodes.api import filter as server_filter


def orders(text: str, directory: Path, application: str) -> dict[str, list[str]]:
    """Return the order of each pipeline of an application, by its key; of one alone under ""."""
    file = directory / "paste.ini"
    file.write_bytes(text.encode())
    loader = loadwsgi.ConfigLoader(str(file))
    context = loader.app_context(application)
    before = []
    while context.object_type is loadwsgi.FILTER_WITH:
        before += _of_filter(context.filter_context)
        context = context.next_context
    if context.object is not pipeline_factory:
        return {"": [*before, *_of_application(context, loader)]}
    return {
        key: [*before, *_of_words(words.split(), loader)]
        for key, words in context.local_conf.items()
    }


def _of_words(words: list[str], loader: Any) -> list[str]:
    filters = [name for word in words[:-1] for name in _of_filter(loader.filter_context(word))]
    return [*filters, *_of_application(loader.app_context(words[-1]), loader)]


def _of_application(context: Any, loader: Any) -> Iterator[str]:
    if context.object_type is loadwsgi.PIPELINE:
        for each in context.filter_contexts:
            yield from _of_filter(each)
        yield from _of_application(context.app_context, loader)
    elif context.object_type in (loadwsgi.FILTER_APP, loadwsgi.FILTER_WITH):
        yield from _of_filter(context.filter_context)
        yield from _of_application(context.next_context, loader)
    else:
        yield "application"


def _of_filter(context: Any) -> Iterator[str]:
    if context.object_type is loadwsgi.FILTER_WITH:
        yield from _of_filter(context.filter_context)
        yield from _of_filter(context.next_context)
    elif context.object is server_filter.filter_factory:
        yield "cache_nodes"
    else:
        yield getattr(context.object, "__self__", context.object).__name__
