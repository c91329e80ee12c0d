# SPDX-License-Identifier: Apache-2.0
"""``PUT`` and ``DELETE /v2/cache/nodes/{image_id}``: an image on many nodes, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oslo_log import log

from glance_cache_nodes.api import checks, outgoing, responses, selection, validation
from glance_cache_nodes.db import image_copies, nodes
from glance_cache_nodes.fleet import evict as evicting
from glance_cache_nodes.fleet import place as placing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.fleet.result import Result
    from glance_cache_nodes.service import Service

LOG = log.getLogger(__name__)

BODY = validation.Body(selection.SCHEMA, limit=2**20)
QUERY = {
    "node": validation.text("the URL of a node", repeatable=True),
    "site": validation.text("the name of a site", repeatable=True),
    "all": validation.BOOLEAN,
}


def cache(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Have an image cached on the nodes that the body chooses.

    Raises:
        webob.exc.HTTPException: 400, 409 or 404.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    used = _used(service, params.body)
    groups = selection.to_cache(service.sites, list(used), params.body)
    checks.require_record(service.conf)
    found = params.image.found()
    if found.status != "active":
        raise responses.refusal(
            responses.CONFLICT, f"The image is {found.status}. Only an active one can be cached."
        )
    sites = service.sites.current()
    may_place = {url for url in used if sites is None or sites.may_place(url)}
    selection.require_enough(groups, may_place.union(found.nodes))
    wanted = placing.PlacementRequest(
        image_id=params.image.id,
        size=found.size,
        groups=groups,
        on_record=set(found.nodes),
        used=used,
        may_place=may_place,
    )
    with outgoing.calling(service, request, params, found.size) as call:
        results = placing.place(call, wanted)
    return _answer(request, params.image.id, results)


def evict(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Have an image evicted from the nodes that the query chooses, also one that is gone.

    Raises:
        webob.exc.HTTPException: 400, 409 or 404.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    urls = selection.to_evict(service.sites, nodes.find_urls(service.database), params.query)
    checks.require_record(service.conf)
    image = params.image
    found = image.found_or_gone()
    on_record = {copy.node for copy in image_copies.find(service.database, image.id)}
    size = found.size if found else None
    with outgoing.calling(service, request, params, size) as call:
        results = evicting.evict(call, image.id, urls, on_record, is_gone=found is None)
    return _answer(request, image.id, results)


def _used(service: Service, body: Mapping[str, Any]) -> dict[str, int]:
    """Return the bytes on record of each registered node, where the choice depends on them."""
    if "count" in body or "per_site" in body:
        return {node.url: node.bytes for node in nodes.find_all(service.database)}
    return dict.fromkeys(nodes.find_urls(service.database), 0)


def _answer(request: webob.Request, image_id: str, results: Sequence[Result]) -> webob.Response:
    rows = [{"node": each.node, "result": each.result, "reason": each.reason} for each in results]
    context = request.context
    LOG.info(
        "%s of image %s on nodes, by user %s of project %s, request %s: %s",
        {"PUT": "Caching", "DELETE": "Eviction"}[request.method],
        image_id,
        context.user_id,
        context.project_id,
        context.request_id,
        ", ".join(_in_one_line(each) for each in results),
    )
    body: dict[str, Any] = {"image_id": image_id, "results": rows}
    return responses.in_json(body, status=responses.ACCEPTED)


def _in_one_line(result: Result) -> str:
    reason = f" ({result.reason})" if result.reason else ""
    text = f"{result.node} {result.result}{reason}"
    return "".join(each if each.isprintable() else "?" for each in text)
