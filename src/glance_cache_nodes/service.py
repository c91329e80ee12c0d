# SPDX-License-Identifier: Apache-2.0
"""What lasts from request to request, made once when Glance loads its pipeline."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from glance import image_cache  # noqa: F401 - registers image_cache_dir and image_cache_driver
from glance.db.sqlalchemy import api as glance_db
from oslo_config import cfg

from glance_cache_nodes import conf as options
from glance_cache_nodes import policy
from glance_cache_nodes.database import Database

if TYPE_CHECKING:
    from glance.api.policy import Enforcer


@dataclasses.dataclass(frozen=True)
class Service:
    """The parts that every handler may use.

    Attributes:
        conf: Glance's configuration.
        enforcer: Glance's policy, with the rules of the add-on.
        database: Glance's tables.
    """

    conf: Any
    enforcer: Enforcer
    database: Database


def load() -> Service:
    """Return the service of this process, from Glance's configuration."""
    conf = cfg.CONF
    options.register(conf)
    return Service(conf, policy.make_enforcer(), Database(conf, glance_db.get_engine))
