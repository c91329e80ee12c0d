# SPDX-License-Identifier: Apache-2.0
"""What lasts from request to request, made once when Glance loads its pipeline."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from glance import image_cache  # noqa: F401 - registers image_cache_dir and image_cache_driver
from oslo_config import cfg
from oslo_db import options as database_options

from glance_cache_nodes import conf as options
from glance_cache_nodes.db.database import Database
from glance_cache_nodes.fleet.call import Fleet
from glance_cache_nodes.policies import rules
from glance_cache_nodes.sites import SitesFile

if TYPE_CHECKING:
    from glance_cache_nodes.policies.enforcer import Enforcer


@dataclasses.dataclass(frozen=True)
class Service:
    """The parts that every handler may use.

    Attributes:
        conf: Glance's configuration.
        enforcer: Glance's policy, with the rules of the add-on.
        database: Glance's tables.
        sites: which nodes are near each other.
        fleet: what calls to the other nodes share.
    """

    conf: Any
    enforcer: Enforcer
    database: Database
    sites: SitesFile
    fleet: Fleet


def load() -> Service:
    """Return the service of this process, from Glance's configuration."""
    conf = cfg.CONF
    options.register(conf)
    conf.register_opts(database_options.database_opts, group="database")  # Glance may do so later
    sites = SitesFile(conf.cache_nodes.sites_file)
    return Service(
        conf=conf,
        enforcer=rules.make_enforcer(),
        database=Database(conf),
        sites=sites,
        fleet=Fleet(conf.cache_nodes, sites),
    )
