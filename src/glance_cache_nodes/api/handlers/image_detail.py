# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/nodes/{image_id}/detail``: what is known of an image on each node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import near, record, responses
from glance_cache_nodes.db import image_copies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import webob

    from glance_cache_nodes.api.routes import Params
    from glance_cache_nodes.api.service import Service
    from glance_cache_nodes.db.image_copies import Copy
    from glance_cache_nodes.sites import SitesFile

QUERY = {"near": near.PARAMETER}

UNVERIFIED = "unverified"
INCOMPLETE = {UNVERIFIED, "unreachable", "refused", "unsupported"}
"""The states of a node that do not say what its disk holds."""


def show(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with a row for each node that has the image on record.

    Args:
        service: what lasts from request to request.
        request: the request, with the caller in ``request.context``.
        params: with the image of the path.

    Raises:
        webob.exc.HTTPException: 400, 409 or 404, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    del request
    in_order = near.order(service.sites, params.query.get("near"))
    record.require(service.conf)
    image = params.image
    is_gone = image.found_or_gone() is None
    copies = image_copies.find(service.database, image.id)
    if is_gone and not copies:
        raise image.not_found()
    rows = {copy.node: row(service.sites, copy.node, copy, None) for copy in copies}
    return responses.in_json(body(image.id, [rows[url] for url in in_order(list(rows))], None))


def body(image_id: str, rows: Sequence[dict[str, Any]], checked_at: str | None) -> dict[str, Any]:
    """Return the body of an answer.

    Args:
        image_id: the image.
        rows: what :func:`row` returned, in their order.
        checked_at: when the nodes were asked; None where they were not.
    """
    complete = not any(each["state"] in INCOMPLETE for each in rows)
    return {
        "image_id": image_id,
        "checked_at": checked_at,
        "complete": complete,
        "nodes": list(rows),
    }


def merged(sites: SitesFile, answers: Iterable[Any], copies: Iterable[Copy]) -> list[Any]:
    """Return a row for each node that was asked, with what is on record of it.

    Args:
        sites: which have the nodes.
        answers: one a node, with the attributes node, state, size, last_modified and reason, in
            the order of the rows.
        copies: what is on record.
    """
    on_record = {copy.node: copy for copy in copies}
    return [row(sites, each.node, on_record.get(each.node), each) for each in answers]


def row(sites: SitesFile, node: str, copy: Copy | None, answer: Any) -> dict[str, Any]:
    """Return what is known of an image on a node.

    Args:
        sites: one of which has the node.
        node: its node reference URL.
        copy: what is on record; None for nothing.
        answer: what came of asking it; None where it was not asked. Its size and time count, and
            those of the record where the node did not say what it has.
    """
    state = answer.state if answer else UNVERIFIED
    told = answer if answer and state not in INCOMPLETE else None
    recorded_time = responses.utc(copy.last_modified) if copy else None
    return {
        "node": node,
        "site": sites.site_of(node),
        "on_record": copy is not None,
        "state": state,
        "size": told.size if told else copy and copy.size,
        "hits": copy and copy.hits,
        "last_accessed": responses.utc(copy.last_accessed) if copy else None,
        "last_modified": told.last_modified if told else recorded_time,
        "reason": answer.reason if answer else None,
    }
