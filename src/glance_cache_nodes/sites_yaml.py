# SPDX-License-Identifier: Apache-2.0
"""What stands in a sites file: YAML, read and checked."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import yaml

from glance_cache_nodes import node_url
from glance_cache_nodes.exception import SitesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The one in C, where it is there, is ten times as fast: a file may name a thousand nodes.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYS = ("nodes", "near", "no_place")
# A label of a host name, or of an address; `*` only here. A port and a path have none.
_URL = re.compile(
    r"https?://(?:[A-Za-z0-9*-]+(?:\.[A-Za-z0-9*-]+)*\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/-]*)?\Z",
    re.IGNORECASE,
)
_STAR = "[a-z0-9-]*"


@dataclasses.dataclass(frozen=True)
class Site:
    """A site as the file describes it.

    Attributes:
        nodes: the URLs as they stand there, without a slash at the end.
        near: the names of the sites near it, nearest first.
        pattern: matches the URL of each of its nodes, as :func:`node_url.normal` returns it.
        no_place: matches those of its nodes on which nothing is placed.
    """

    nodes: tuple[str, ...]
    near: tuple[str, ...]
    pattern: re.Pattern[str]
    no_place: re.Pattern[str]


def read(text: str) -> dict[str, Site]:
    """Return the sites that a YAML text describes, by name, in its order.

    Raises:
        SitesError: what is wrong in the text, and what would be right.
    """
    described = _described(text)
    return {name: _site(name, described) for name in described}


def _described(text: str) -> dict[str, Mapping[str, Any]]:
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        described = loader.construct_document(tree) if tree else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", error)).split())
        raise SitesError(f"it is no YAML{place}: {problem}") from None
    if not isinstance(described, dict) or not described:
        raise SitesError("it needs a mapping of site names, each with its nodes")
    repeated = _repeated(tree)
    if repeated is not None:
        raise SitesError(f"{repeated} stands there twice")
    for name, site in described.items():
        _check_name(name)
        _check_keys(name, site)
    return described


def _repeated(tree: Any) -> str | None:
    """Return a key that stands twice in one mapping; YAML would take the last one."""
    seen = set()
    for key, value in tree.value:
        if key.value in seen:
            return f"site {key.value!r}"
        seen.add(key.value)
        if isinstance(value, yaml.MappingNode):
            inner = [each.value for each, _ in value.value]
            twice = [each for each in inner if inner.count(each) > 1]
            if twice:
                return f"site {key.value!r}: {twice[0]!r}"
    return None


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise SitesError(f"site {name!r}: a name must be a string; write it in quotes")
    if not name.isprintable() or not name.strip() or name != name.strip() or "://" in name:
        raise SitesError(
            f"site {name!r}: a name needs printable characters, no space around it and no '://'"
        )


def _check_keys(name: str, site: object) -> None:
    if not isinstance(site, dict):
        raise SitesError(f"site {name!r} needs a mapping with the keys {', '.join(_KEYS)}")
    unknown = [key for key in site if key not in _KEYS]
    if unknown:
        raise SitesError(f"site {name!r}: there is no key {unknown[0]!r}, only {', '.join(_KEYS)}")
    for key in _KEYS:
        values = site.get(key, [])
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise SitesError(f"site {name!r}: {key} needs a list of strings")
    if not site.get("nodes"):
        raise SitesError(f"site {name!r} needs the key nodes with at least one URL")


def _site(name: str, described: Mapping[str, Mapping[str, Any]]) -> Site:
    site = described[name]
    near = tuple(dict.fromkeys(each for each in site.get("near", []) if each != name))
    for each in near:
        if each not in described:
            raise SitesError(f"site {name!r}: near names {each!r}, and there is no such site")
    pattern = _pattern(name, "nodes", site["nodes"])
    no_place = site.get("no_place", [])
    for url in no_place:
        if "*" not in url and not pattern.match(node_url.normal(url)):
            raise SitesError(f"site {name!r}: no_place names {url}, which its nodes do not")
    nodes = tuple(url.rstrip("/") for url in site["nodes"])
    return Site(nodes, near, pattern, _pattern(name, "no_place", no_place))


def _pattern(name: str, key: str, urls: Iterable[str]) -> re.Pattern[str]:
    alternatives = []
    for url in urls:
        if not _URL.match(url):
            raise SitesError(
                f"site {name!r}: {key} has {url!r}, which is no URL of a node such as "
                "http://node1:9292; '*' may only stand in its host"
            )
        alternatives.append(re.escape(node_url.normal(url)).replace(r"\*", _STAR))
    return re.compile(f"(?:{'|'.join(alternatives)})\\Z" if alternatives else r"(?!)")
