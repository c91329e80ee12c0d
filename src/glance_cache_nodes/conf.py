# SPDX-License-Identifier: Apache-2.0
"""The options in the group ``[cache_nodes]`` of glance-api.conf."""

from __future__ import annotations

import math
from typing import Any

from oslo_config import cfg
from oslo_log import log

LOG = log.getLogger(__name__)

GROUP = "cache_nodes"

OPTIONS = [
    cfg.FloatOpt(
        "database_timeout",
        default=5.0,
        min=1.0,
        help="""
How long a call of this add-on may wait for Glance's database, in seconds.

A database that has not answered by then costs the caller 503 with a Retry-After
header, never a hang. The add-on keeps connections of its own for this, so that
Glance's other calls are not affected.

Possible values:
    * Any number from 1.0 on
""",
    ),
    cfg.IntOpt(
        "database_pool_size",
        default=8,
        min=1,
        help="""
How many connections to Glance's database each process of this add-on keeps at most.

They are the add-on's own and come on top of Glance's max_pool_size and max_overflow.
Callers beyond that number wait for one in the order in which they came. A query
takes so little of a connection that more of them seldom helps.

Possible values:
    * Any number from 1 on
""",
    ),
    cfg.ListOpt(
        "bare_list_user_agents",
        default=["python-glanceclient", "openstacksdk/"],
        help="""
Clients that are answered with a bare JSON list instead of an object.

python-glanceclient from 4.13 and openstacksdk from 4.22 can only read the bare list
that Glance 33 answers. A request whose User-Agent header starts with one of these
words gets ["http://node1:9292"]; every other request gets
{"cached_nodes": ["http://node1:9292"]}.

Possible values:
    * A comma separated list of beginnings of User-Agent headers; empty for none
""",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options by group, as ``oslo-config-generator`` asks for them."""
    return [(GROUP, OPTIONS)]


def register(conf: cfg.ConfigOpts) -> None:
    """Make the options readable as ``conf.cache_nodes.*``; a second time changes nothing.

    A value that an option does not take is one line in the log, and the option has its default
    from then on: Glance serves images in any case.
    """
    conf.register_opts(OPTIONS, group=GROUP)
    for option in OPTIONS:
        wrong = _what_is_wrong(conf, option)
        if wrong is not None:
            LOG.error(
                "[%s] %s = %s cannot be used: %s. The default %s is used instead",
                GROUP,
                option.name,
                _as_written(conf, option),
                wrong,
                option.default,
            )
            conf.set_override(option.name, option.default, group=GROUP)


def _what_is_wrong(conf: cfg.ConfigOpts, option: cfg.Opt) -> str | None:
    try:
        value = conf[GROUP][option.name]
    except (cfg.Error, ValueError) as error:
        # oslo.config's own words begin with the option and the place of the file in its memory.
        words = str(error).rpartition(" is not valid: ")[2]
        return " ".join(words.split())
    if value is None:
        return "a value is missing"
    if isinstance(value, float) and not math.isfinite(value):
        return "it must be a finite number"
    return None


def _as_written(conf: cfg.ConfigOpts, option: cfg.Opt) -> Any:
    """Return the text that stands in the configuration."""
    again = cfg.ConfigOpts()
    again.register_opt(cfg.StrOpt(option.name), group=GROUP)
    try:
        again([], default_config_files=conf.config_file, default_config_dirs=conf.config_dir)
        return again[GROUP][option.name]
    except cfg.Error:
        return "?"
