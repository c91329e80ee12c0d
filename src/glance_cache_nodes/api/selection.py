# SPDX-License-Identifier: Apache-2.0
"""The nodes that a caller chooses, of those that are registered; all else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import checks, responses
from glance_cache_nodes.fleet.choose import Group

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import webob.exc

    from glance_cache_nodes.sites import SitesFile

_WAYS = ("nodes", "sites", "all", "count")
_EXPECTED = (
    'exactly one of {"nodes": [URL, ...]}, {"sites": [NAME, ...]}, which "per_site": N may go '
    'with, {"all": true} and {"count": N}'
)


def _list_of(what: str) -> dict[str, Any]:
    return {
        "description": f"a list of {what}, at least one",
        "type": "array",
        "minItems": 1,
        "items": {"description": what, "type": "string", "minLength": 1},
    }


_NUMBER = {"description": "a whole number from 1 on", "type": "integer", "minimum": 1}
SCHEMA = {
    "description": _EXPECTED,
    "type": "object",
    "properties": {
        "nodes": _list_of("URLs of nodes"),
        "sites": _list_of("names of sites"),
        "per_site": _NUMBER,
        "all": {"description": "true", "const": True, "type": "boolean"},
        "count": _NUMBER,
    },
    "additionalProperties": False,
    "minProperties": 1,
}
"""The JSON schema of the body of a request to cache an image."""


def to_cache(file: SitesFile, registered: Sequence[str], body: Mapping[str, Any]) -> list[Group]:
    """Return the nodes that a body chooses.

    Raises:
        webob.exc.HTTPBadRequest: what is wrong, and what would be right.
    """
    ways = [way for way in _WAYS if way in body]
    if len(ways) != 1 or ("per_site" in body and ways != ["sites"]):
        raise _wrong(f"The body needs {_EXPECTED}.")
    if not registered:
        raise _wrong("No node is registered: no node has worker_self_reference_url set.")
    if "nodes" in body:
        return [Group(_known(registered, body["nodes"]))]
    if "sites" in body:
        wanted = int(body["per_site"]) if "per_site" in body else None
        by_site = _by_site(file, registered, body["sites"])
        return [Group(nodes, wanted, site) for site, nodes in by_site.items()]
    return [Group(tuple(registered), int(body["count"]) if "count" in body else None)]


def require_enough(groups: Sequence[Group], usable: Collection[str]) -> None:
    """Check that as many nodes can hold the image as are asked for.

    Args:
        groups: what :func:`to_cache` returned.
        usable: the nodes that may be chosen, or hold the image.

    Raises:
        webob.exc.HTTPBadRequest: there are fewer; the message says how many.
    """
    for group in groups:
        number = len([node for node in group.nodes if node in usable])
        if group.wanted is not None and number < group.wanted:
            place = f"In the site {group.site}" if group.site else "In all"
            raise _wrong(
                f"{place}, {number} of the registered nodes can be chosen, not {group.wanted}."
            )


def to_evict(file: SitesFile, registered: Sequence[str], query: Mapping[str, Any]) -> list[str]:
    """Return the nodes that a query chooses, sorted.

    Raises:
        webob.exc.HTTPBadRequest: what is wrong, and what would be right.
    """
    urls, sites = query.get("node", []), query.get("site", [])
    if bool(query.get("all")) == bool(urls or sites):
        raise _wrong(
            "The query needs node=URL and site=NAME, each as often as wanted, or all=true."
        )
    if query.get("all"):
        return sorted(registered)
    of_sites = _by_site(file, registered, sites).values()
    return sorted({*_known(registered, urls), *(node for nodes in of_sites for node in nodes)})


def require_known(registered: Sequence[str], urls: Sequence[str]) -> None:
    """Check that these nodes are registered.

    Raises:
        webob.exc.HTTPBadRequest: one is not; the message names it.
    """
    _known(registered, urls)


def _known(registered: Sequence[str], urls: Sequence[str]) -> tuple[str, ...]:
    known = set(registered)
    for url in urls:
        if url not in known:
            raise _wrong(f"No node is registered with the URL {url[:255]!r}.")
    return tuple(dict.fromkeys(urls))


def _by_site(
    file: SitesFile, registered: Sequence[str], names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    of_site = file.sites_of(registered)
    found = {}
    for name in names:
        nodes = tuple(url for url in registered if of_site[url] == name)
        if not nodes:
            checks.require_site(file, name)
            raise _wrong(f"No registered node is in the site {name!r}.")
        found[name] = nodes
    return found


def _wrong(explanation: str) -> webob.exc.HTTPException:
    return responses.refusal(responses.BAD_REQUEST, explanation)
