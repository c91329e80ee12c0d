# SPDX-License-Identifier: Apache-2.0
"""A fleet as a node has it, without the node."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from oslo_config import cfg
from peer_servers import IMAGE

from glance_cache_nodes import conf as options
from glance_cache_nodes.fleet import outcome
from glance_cache_nodes.fleet import verify as verifying
from glance_cache_nodes.fleet.call import Call, OwnNode, calling
from glance_cache_nodes.net.http import Http, Response
from glance_cache_nodes.net.names import Names
from glance_cache_nodes.net.node_calls import NodeCalls
from glance_cache_nodes.sites import SitesFile

OWN_URL = "http://own.invalid:9292"
HEADERS = {"X-Auth-Token": "secret-token", "X-Openstack-Request-Id": "req-1"}


def fleet(
    *,
    timeout: float = 3.0,
    sites: Path | None = None,
    names: Names | None = None,
    **values: object,
) -> NodeCalls:
    """Return what calls share, with these options of ``[cache_nodes]``."""
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([])
    for name, value in {"fleet_timeout": timeout, "node_timeout": timeout, **values}.items():
        conf.set_override(name, value, group=options.GROUP)
    group = conf.cache_nodes
    return NodeCalls(group, SitesFile(str(sites) if sites else None), Http(group, names))


def own_node(state: str = "absent", told: list[str] | None = None) -> OwnNode:
    """Return the node that is called: what its disk holds; what it is told is noted."""

    def glance(method: str, path: str) -> Response:
        if told is not None:
            told.append(f"{method} {path}")
        return Response(202 if method == "PUT" else 204)

    return OwnNode(OWN_URL, lambda: outcome.Answer(OWN_URL, outcome.OUTCOMES[state]), glance)


def begin(
    of: NodeCalls, own: OwnNode | None = None, *, has_access_rules: bool = False
) -> AbstractContextManager[Call]:
    """Make a call for a block."""
    return calling(of, own or own_node(), HEADERS, has_access_rules=has_access_rules)


def verify(
    of: NodeCalls, nodes: list[str], own: OwnNode | None = None, **more: object
) -> list[outcome.Answer]:
    """Ask nodes for the image of :mod:`peer_servers` in a call of its own."""
    with begin(of, own) as call:
        return verifying.verify(call, IMAGE, nodes, **more)
