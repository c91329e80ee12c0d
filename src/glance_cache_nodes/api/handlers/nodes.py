# SPDX-License-Identifier: Apache-2.0
"""``/v2/cache/nodes``: every registered node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import checks, outgoing, responses, validation
from glance_cache_nodes.db import nodes
from glance_cache_nodes.fleet import probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    import webob

    from glance_cache_nodes.api.context import Params
    from glance_cache_nodes.service import Service

QUERY = {"near": checks.SITE, "probe": validation.BOOLEAN}


def list_all(service: Service, request: webob.Request, params: Params) -> webob.Response:
    """Answer with every node, and to admins with how much each holds by the record.

    Raises:
        webob.exc.HTTPException: 400 or 409, looked for in this order.
        DatabaseUnavailableError: there was no answer within the bound.
    """
    in_order = checks.order_near(service.sites, params.query.get("near"))
    checks.require_record(service.conf)
    found = {node.url: node for node in nodes.find_all(service.database)}
    urls = in_order(list(found))
    if params.query.get("probe"):
        with outgoing.calling_without_token(service, request) as call:
            probes = probe.probe(call, urls)
    else:
        probes = [probe.Probe(url, None) for url in urls]
    is_admin = request.context.is_admin
    sites = service.sites.sites_of(urls)
    rows = [row(sites, found[each.node], each, is_admin=is_admin) for each in probes]
    return responses.in_json({"nodes": rows})


def row(
    sites: Mapping[str, str],
    node: nodes.Node,
    probed: probe.Probe,
    *,
    is_admin: bool,
) -> dict[str, Any]:
    """Return what is known of a node.

    Args:
        sites: by node.
        node: the node, by the record.
        probed: whether it answers.
        is_admin: whether the caller may know how much the caches of all projects hold.
    """
    return {
        "url": node.url,
        "site": sites[node.url],
        "images": node.images if is_admin else None,
        "bytes": node.bytes if is_admin else None,
        "last_accessed": responses.utc(node.last_accessed),
        "status": probed.status,
        "latency_ms": probed.latency_ms,
        "reason": probed.reason,
    }
