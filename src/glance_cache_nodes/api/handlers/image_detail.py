# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/nodes/{image_id}/detail``: what is known of an image on each node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import checks, outgoing, responses, selection, validation
from glance_cache_nodes.db import image_copies, nodes
from glance_cache_nodes.fleet import outcome, verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.db.image_copies import Copy
    from glance_cache_nodes.fleet.outcome import Answer
    from glance_cache_nodes.service import Service

QUERY = {
    "near": checks.SITE,
    "verify": validation.BOOLEAN,
    "node": validation.text("the URL of a node", repeatable=True),
}

_PRESENT = {
    outcome.CONFIRMED,
    outcome.DAMAGED,
    outcome.QUEUED,
    outcome.CACHING,
    outcome.FAILED,
}


def show(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with a row for each node: those that have the image on record, or all that are asked.

    Raises:
        webob.exc.HTTPException: 400, 409 or 404, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    in_order = checks.order_near(service.sites, params.query.get("near"))
    is_verified, named = bool(params.query.get("verify")), params.query.get("node", [])
    registered = nodes.find_urls(service.database) if is_verified or named else []
    selection.require_known(registered, named)
    checks.require_record(service.conf)
    if is_verified:
        return _asked(service, request, params, in_order(list(dict.fromkeys(named)) or registered))
    image = params.image
    is_gone = image.found_or_gone() is None
    copies = image_copies.find(service.database, image.id)
    if is_gone and not copies:
        raise image.not_found()
    sites = service.sites.sites_of(copy.node for copy in copies)
    rows = {copy.node: row(sites, copy.node, copy, None) for copy in copies}
    shown = [url for url in in_order(list(rows)) if not named or url in named]
    return responses.in_json(body(image.id, [rows[url] for url in shown], None))


def _asked(
    service: Service, request: webob.Request, params: Params, urls: Sequence[str]
) -> webob.Response:
    image = params.image
    found = image.found_or_gone()
    known = found or image_copies.find_leftover(service.database, image.id)
    copies = {copy.node: copy for copy in image_copies.find(service.database, image.id)}
    size = known.size if known else None
    with outgoing.calling(service, request, params, size) as call:
        answers = verify.verify(call, image.id, urls, is_gone=found is None)
    if known is None and not any(each.state in _PRESENT for each in answers):
        raise image.not_found()
    sites = service.sites.sites_of(urls)
    rows = [row(sites, each.node, copies.get(each.node), each) for each in answers]
    return responses.in_json(body(image.id, rows, responses.now()))


def body(image_id: str, rows: Sequence[dict[str, Any]], checked_at: str | None) -> dict[str, Any]:
    """Return the body of an answer.

    Args:
        image_id: the image.
        rows: what :func:`row` returned, in their order.
        checked_at: when the nodes were asked; None where they were not.
    """
    return {
        "image_id": image_id,
        "checked_at": checked_at,
        "complete": outcome.are_complete(each["state"] for each in rows),
        "nodes": list(rows),
    }


def row(
    sites: Mapping[str, str], node: str, copy: Copy | None, answer: Answer | None
) -> dict[str, Any]:
    """Return what is known of an image on a node.

    Args:
        sites: by node.
        node: its node reference URL.
        copy: what is on record; None for nothing.
        answer: what came of asking it; None where it was not asked. Its size and time count, and
            those of the record where the node did not say what it has.
    """
    state = answer.state if answer else outcome.UNVERIFIED
    told = answer if answer and state not in outcome.UNKNOWN else None
    recorded_time = responses.utc(copy.last_modified) if copy else None
    return {
        "node": node,
        "site": sites[node],
        "on_record": copy is not None,
        "state": state,
        "size": told.size if told else copy and copy.size,
        "hits": copy and copy.hits,
        "last_accessed": responses.utc(copy.last_accessed) if copy else None,
        "last_modified": told.last_modified if told else recorded_time,
        "reason": answer.reason if answer else None,
    }
