# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/images``: the map of images and the nodes that hold them, page by page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib import parse

from glance_cache_nodes.api import checks, responses, validation
from glance_cache_nodes.api.image import other_attributes
from glance_cache_nodes.cache import layout
from glance_cache_nodes.db import images, nodes
from glance_cache_nodes.db.image_nodes import policy_attributes
from glance_cache_nodes.policies import rules
from glance_cache_nodes.policies.decisions import Decisions
from glance_cache_nodes.policies.target import LazyTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.db.images import Image
    from glance_cache_nodes.service import Service

PATH = "/v2/cache/images"

MOST_IDS = 100
_LARGEST_LIMIT = 2**31 - 1
_IN = "in:"
_IDS = re.compile(rf"{layout.IMAGE_ID}(?:,{layout.IMAGE_ID})*\Z")
# A URL is stored in ASCII, and an id in 36 characters.
_NODE = re.compile(r"[!-~]{1,255}\Z")
_MARKER = re.compile(r"[0-9A-Za-z_-]{1,36}\Z")


def _ids(text: str) -> frozenset[str]:
    listed = text.startswith(_IN)
    ids = text[len(_IN) :] if listed else text
    if not _IDS.match(ids) or ids.count(",") >= (MOST_IDS if listed else 1):
        raise ValueError(text)
    return frozenset(ids.split(","))


def _matching(pattern: re.Pattern[str], expects: str) -> validation.Parameter:
    def read(text: str) -> str:
        if not pattern.match(text):
            raise ValueError(text)
        return text

    return validation.Parameter(read, expects)


QUERY = {
    "image_id": validation.Parameter(
        _ids, f"the UUID of an image, or in: and up to {MOST_IDS} UUIDs with commas between them"
    ),
    "node": _matching(_NODE, "the URL of a node"),
    "site": checks.SITE,
    "leftover": validation.BOOLEAN,
    "limit": validation.integer(1, _LARGEST_LIMIT),
    "marker": _matching(_MARKER, "the image_id of the last image of the page before"),
}
"""Glance's own names and forms, where it has such a parameter for images."""


def list_page(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with a page of images, in the order of their ids, each with all its nodes.

    Raises:
        webob.exc.HTTPException: 403, 400 or 409, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    query, caller = params.query, request.context
    if query.get("leftover") and not caller.is_admin:
        raise responses.refusal(responses.FORBIDDEN, "Only an admin may list leftovers.")
    is_of_site = _site_filter(service, query.get("site"))
    checks.require_record(service.conf)
    conf = service.conf
    limit = min(query.get("limit", conf.limit_param_default), conf.api_limit_max)
    shown = Decisions(service.enforcer, caller, rules.GET_IMAGE)
    columns = images.COLUMNS if shown.looks() else images.SHOWN
    page, marker = images.find(
        service.database,
        caller,
        images.Filters(
            ids=query.get("image_id"),
            nodes=_nodes(service, query.get("node"), is_of_site),
            leftover=query.get("leftover", False),
        ),
        columns=columns,
        marker=query.get("marker", ""),
        limit=limit,
    )
    found = [row(image) for image in page if shown.allows(_target(service, caller, image))]
    return responses.in_json({"images": found, **_links(request, marker)})


def row(image: images.Image) -> dict[str, Any]:
    """Return an image of the map, with its nodes."""
    known = image.attributes
    return {
        "image_id": image.id,
        "name": known["name"],
        "status": known["status"],
        "size": known["size"],
        "cached_nodes": list(image.nodes),
    }


def _target(service: Service, context: Any, image: Image) -> LazyTarget:
    """Return what policy rules compare with, for an image of a page, which the caller may see."""
    return LazyTarget(
        lambda: policy_attributes({"id": image.id, **image.attributes}, context.project_id),
        lambda: other_attributes(service, context, image.id),
    )


def _site_filter(service: Service, site: str | None) -> Callable[[str], bool] | None:
    if site is None:
        return None
    sites = checks.require_site(service.sites, site)
    return lambda url: sites.site_of(url) == site


def _nodes(
    service: Service, node: str | None, is_of_site: Callable[[str], bool] | None
) -> set[str] | None:
    """Return the nodes of which one has to hold an image; None for any.

    A site is a matter of patterns, so its nodes are looked up first.
    """
    if is_of_site is None:
        return None if node is None else {node}
    urls = nodes.find_urls(service.database) if node is None else [node]
    return {url for url in urls if is_of_site(url)}


def _links(request: webob.Request, marker: str | None) -> Mapping[str, str]:
    """Return the paths of the first page and, where there is one, of the next."""
    given = {name: value for name, value in request.GET.items() if name != "marker"}
    links = {"first": _path(given)}
    if marker is not None:
        links["next"] = _path({"marker": marker, **given})
    return links


def _path(query: Mapping[str, str]) -> str:
    return f"{PATH}?{parse.urlencode(query)}" if query else PATH
