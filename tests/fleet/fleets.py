# SPDX-License-Identifier: Apache-2.0
"""A fleet as a node has it, without the node."""

from __future__ import annotations

from pathlib import Path

from oslo_config import cfg

from glance_cache_nodes import conf as options
from glance_cache_nodes.fleet import outcome
from glance_cache_nodes.fleet.call import Call, Fleet, OwnNode
from glance_cache_nodes.fleet.names import Names
from glance_cache_nodes.fleet.reply import Reply
from glance_cache_nodes.sites import SitesFile

OWN_URL = "http://own.invalid:9292"
HEADERS = {"X-Auth-Token": "secret-token", "X-Openstack-Request-Id": "req-1"}


def fleet(
    *,
    timeout: float = 3.0,
    sites: Path | None = None,
    names: Names | None = None,
    **values: object,
) -> Fleet:
    """Return a fleet with these options of ``[cache_nodes]``."""
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([])
    for name, value in {"fleet_timeout": timeout, **values}.items():
        conf.set_override(name, value, group=options.GROUP)
    return Fleet(conf.cache_nodes, SitesFile(str(sites) if sites else None), names)


def own_node(state: str = "absent", told: list[str] | None = None) -> OwnNode:
    """Return the node that is called: what its disk holds; what it is told is noted."""

    def glance(method: str, path: str) -> Reply:
        if told is not None:
            told.append(f"{method} {path}")
        return Reply(202 if method == "PUT" else 204)

    return OwnNode(OWN_URL, lambda: outcome.Answer(OWN_URL, outcome.OUTCOMES[state]), glance)


def begin(of: Fleet, own: OwnNode | None = None, *, has_access_rules: bool = False) -> Call:
    """Begin a call."""
    return of.call(own or own_node(), HEADERS, has_access_rules=has_access_rules)
