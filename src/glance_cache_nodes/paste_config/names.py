# SPDX-License-Identifier: Apache-2.0
"""The names in a paste file: the class of each filter, and the application that is loaded.

A filter or application says what it loads by ``use``, as another one of the file, ``egg:...``,
``call:module:factory`` or ``config:FILE``, or by ``paste.filter_factory = module:factory`` and
the like. ``filter-with`` puts a filter around either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.model import Document, Section

APPLICATIONS = ("app", "application", "composite", "composit", "pipeline", "filter-app")
LOADERS = (
    "use",  # paste looks at the others only where this is not there
    "paste.filter_factory",
    "paste.filter_app_factory",
    "paste.composite_factory",
    "paste.composit_factory",
    "paste.app_factory",
)

# What a filter is to an order.
CONTEXT = "context"
CACHE = "cache"
CACHE_MANAGE = "cachemanage"
CACHE_BY_NAME = "a filter of another class that is named cache"

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
    "cache": CACHE_BY_NAME,
    "cachemanage": CACHE_MANAGE,
}


@dataclass(frozen=True)
class Names:
    """The filters and the applications of a file, by name.

    Attributes:
        is_glance: whether anything in the file is Glance's. Heat's file has a ``context`` too: a
            usual name alone tells nothing.
    """

    document: Document
    filters: dict[str, Section]
    applications: dict[str, Section]
    is_glance: bool

    def value(self, section: Section, name: str) -> str:
        """Return the value of an option, "" where the section has none of that name."""
        option = section.option(name)
        return self.document.value(option) if option else ""

    def loaded(self, section: Section) -> str:
        """Return what a section loads, in one spelling."""
        return _loaded(self.document, section)

    def factory(self, section: Section) -> str:
        """Return what an application loads in the end, where ``use`` leads through others."""
        for _ in self.applications:  # as many steps as applications: a circle ends too
            following = self.applications.get(self.loaded(section))
            if following is None:
                break
            section = following
        return self.loaded(section)

    def parts(self, name: str) -> set[str]:
        """Return the names and classes that ``use`` and ``filter-with`` make a filter of."""
        found: set[str] = set()
        ahead = [same(name)]
        while ahead:
            part = ahead.pop()
            section = self.filters.get(part)
            if section and part not in found:
                ahead += [self.loaded(section), same(self.value(section, "filter-with"))]
            found.add(part)
        return found - {""}

    def roles(self, name: str) -> frozenset[str]:
        """Return what the filter is to an order, by its classes or else by its name."""
        known = {ROLES[part] for part in self.parts(name) if part in ROLES}
        if not known and self.is_glance and name in self.filters:
            known = {USUAL[name]} if name in USUAL else set()
        return frozenset(known)

    def reached(self, name: str) -> set[str]:
        """Return the titles of the sections that an application leads to, its own included."""
        found: set[str] = set()
        ahead = [name]
        while ahead:
            section = self.applications.get(ahead.pop())
            if section is None or section.title in found:
                continue
            found.add(section.title)
            only_use = section.kind in ("app", "application")
            options = [each for each in section.options if each.name == "use" or not only_use]
            ahead += [word.text for option in options for word in option.words]
        return found


def names(document: Document) -> Names:
    """Return the names of a file."""
    filters = {each.name: each for each in document.sections if each.kind == "filter"}
    applications = {each.name: each for each in document.sections if each.kind in APPLICATIONS}
    sections = [*filters.values(), *applications.values()]
    is_glance = any(_loaded(document, section).startswith("glance.") for section in sections)
    return Names(document, filters, applications, is_glance)


def same(spelling: str) -> str:
    """Return one spelling for all names by which paste loads the same; other names unchanged."""
    scheme, colon, rest = spelling.partition(":")
    if not colon:
        return spelling
    if scheme.lower() == "egg":
        project, _, name = rest.partition("#")
        return f"egg:{re.sub('[-_.]+', '-', project).lower()}#{name or 'main'}"
    text = rest if scheme.lower() == "call" else spelling
    return "".join(text.partition("[")[0].split())


def _loaded(document: Document, section: Section) -> str:
    found = filter(None, map(section.option, LOADERS))
    return next((same(document.value(option)) for option in found), "")
