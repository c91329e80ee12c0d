# SPDX-License-Identifier: Apache-2.0
"""What is made once a process when Glance loads its pipeline, the same for both filters."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from glance import image_cache  # noqa: F401 - registers image_cache_dir and image_cache_driver
from oslo_config import cfg
from oslo_db import options as database_options

from glance_cache_nodes import conf as options
from glance_cache_nodes.db.database import Database
from glance_cache_nodes.net.http import Http
from glance_cache_nodes.net.node_calls import NodeCalls
from glance_cache_nodes.policies import rules
from glance_cache_nodes.sites import SitesFile

if TYPE_CHECKING:
    from glance_cache_nodes.policies.enforcer import Enforcer


@dataclasses.dataclass(frozen=True)
class Service:
    """The parts that every handler and every fill may use."""

    conf: Any
    enforcer: Enforcer
    database: Database
    sites: SitesFile
    http: Http
    node_calls: NodeCalls


@functools.cache
def load() -> Service:
    """Return the service of this process, from Glance's configuration; always the same."""
    conf = cfg.CONF
    options.register(conf)
    conf.register_opts(database_options.database_opts, group="database")  # Glance may do so later
    sites = SitesFile(conf.cache_nodes.sites_file)
    http = Http(conf.cache_nodes)
    return Service(
        conf=conf,
        enforcer=rules.make_enforcer(),
        database=Database(conf),
        sites=sites,
        http=http,
        node_calls=NodeCalls(conf.cache_nodes, sites, http),
    )
