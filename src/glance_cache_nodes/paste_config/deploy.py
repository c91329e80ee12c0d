# SPDX-License-Identifier: Apache-2.0
"""PasteDeploy itself reads a paste file, and imports nothing that the file names.

A deployer's filter that is not installed here, an egg or another file is opaque: its name is kept.
Only ``read`` imports this module, since only Glance brings PasteDeploy.
"""

from __future__ import annotations

import configparser
import functools
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from paste.deploy import loadwsgi

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config.chains import Chain, Step, same
from glance_cache_nodes.paste_config.filters import CONTEXT, roles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FILE = "glance-api-paste.ini"
APPLICATIONS = ("app", "application", "composite", "composit", "pipeline", "filter-app")
PIPELINE_FACTORY = "glance.api:pipeline_factory"
STAND_IN = "builtins:object"  # is loaded instead of a factory


class Loader(loadwsgi.ConfigLoader):  # type: ignore[misc]  # PasteDeploy has no types
    """PasteDeploy's loader; its contexts have names, and as ``object`` what would be loaded.

    Attributes:
        filters: returns what a filter loads, with those around it; each is looked up once.
    """

    def __init__(self, text: str) -> None:
        self.filename = FILE
        self.filters = functools.cache(lambda name: [*_steps(self.filter_context(name))])
        # As in paste; what they hold does not matter here.
        defaults = {"here": ".", "__file__": FILE}
        self.parser = loadwsgi.NicerConfigParser(FILE, defaults=defaults)
        self.parser.optionxform = str
        try:
            self.parser.read_file(io.StringIO(text, newline=None), FILE)
        except configparser.Error as error:
            raise UserError(f"paste cannot read it: {' '.join(str(error).split())}") from error
        for title in self.parser.sections():
            self.parser.remove_option(title, "require")  # eggs that may not be installed here

    def get_context(self, object_type: Any, name: Any = None, global_conf: Any = None) -> Any:
        """Return the context of a name; that of an egg, a factory or another file is opaque."""
        if self.absolute_name(name):
            context = loadwsgi.LoaderContext(name, object_type, None, global_conf or {}, {}, self)
        else:
            context = super().get_context(object_type, name, global_conf)
        if context.object_type is loadwsgi.FILTER_WITH:
            context.next_context.name = name
        context.name = name
        return context

    def _context_from_explicit(
        self, object_type: Any, local_conf: Any, global_conf: Any, additions: Any, section: str
    ) -> Any:
        named = {each for group in object_type.egg_protocols for each in group} & {*local_conf}
        stood_in = {**local_conf, **dict.fromkeys(named, STAND_IN)}
        context = super()._context_from_explicit(
            object_type, stood_in, global_conf, additions, section
        )
        context.object = local_conf[context.protocol]
        context.name = section.partition(":")[2].strip()
        return context


def chains(text: str, title: str = "") -> Iterator[Chain]:
    """Yield the chains of a paste file, or those of one section.

    Raises:
        UserError: not a file that paste can read.
    """
    loader = Loader(text)
    for each in loader.parser.sections():
        if each.partition(":")[0] in APPLICATIONS and title in ("", each):
            yield from _of_section(loader, each)


def _of_section(loader: Loader, title: str) -> Iterator[Chain]:
    kind, _, name = title.partition(":")
    own = Chain(title, "pipeline" if kind == "pipeline" else "")
    whole = _loaded(own, loader, [name.strip()])
    *around, last = whole.steps or [Step("", "")]
    is_flavors = last.loads == PIPELINE_FACTORY
    if not is_flavors:
        yield whole
    for option, words in last.options:
        each = _loaded(Chain(title, option), loader, words.split(), around if is_flavors else ())
        if is_flavors:
            yield each
        elif CONTEXT in roles(each.steps):
            yield replace(each, fault=f"it is made by {last.loads}, not by {PIPELINE_FACTORY}")


def _loaded(
    chain: Chain, loader: Loader, words: Sequence[str], around: Sequence[Step] = ()
) -> Chain:
    """Return a chain with what its words load, or with the reason why they do not."""
    if not words:
        return replace(chain, fault="it is empty")
    try:
        filters = [step for name in words[:-1] for step in loader.filters(name)]
        steps = (*around, *filters, *_steps(loader.app_context(words[-1])))
    except RecursionError:
        return replace(chain, fault="it leads back to itself")
    except (LookupError, ValueError, configparser.Error) as error:
        return replace(chain, fault=f"PasteDeploy cannot load it: {' '.join(str(error).split())}")
    is_elsewhere = steps[-1].loads.startswith("config:") and CONTEXT not in roles(steps)
    fault = f"it goes on in {steps[-1].loads[7:]}; give that file to this command"
    return replace(chain, steps=steps, fault=fault if is_elsewhere else "")


def _steps(context: Any) -> Iterator[Step]:
    if context.object_type is loadwsgi.PIPELINE:
        parts = [*context.filter_contexts, context.app_context]
    elif context.object_type in (loadwsgi.FILTER_APP, loadwsgi.FILTER_WITH):
        parts = [context.filter_context, context.next_context]
    else:
        yield Step(context.name, same(context.object), tuple(context.local_conf.items()))
        return
    for part in parts:
        yield from _steps(part)
