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
    concurrency: int = 100,
    sites: Path | None = None,
    names: Names | None = None,
    cafile: Path | None = None,
) -> Fleet:
    """Return a fleet with these options."""
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf([])
    conf.set_override("fleet_timeout", timeout, group=options.GROUP)
    conf.set_override("fleet_concurrency", concurrency, group=options.GROUP)
    conf.set_override("cafile", str(cafile) if cafile else None, group=options.GROUP)
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
