# SPDX-License-Identifier: Apache-2.0
"""The options in the group ``[cache_nodes]`` of glance-api.conf."""

from __future__ import annotations

import math
from typing import Any

from keystoneauth1 import loading
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
    cfg.FloatOpt(
        "command_database_timeout",
        default=30.0,
        min=1.0,
        help="""
How long reconcile, check and forget may wait for Glance's database in all, in seconds.

It is the sum of all waiting in one run of glance-cache-nodes reconcile, check or
forget. The time to list and hash files does not count. A run that has used it up
ends with exit status 2.

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
    cfg.StrOpt(
        "sites_file",
        help="""
The path of the YAML file that names the sites of the cloud.

A site is a group of nodes that are near each other, such as an edge or a rack. The
file should be the same on every node; it is read again when it changes. With this
option, calls to other nodes go only to those that the file names. Without it, there
are no sites.

Possible values:
    * The path of a file that Glance can read
""",
    ),
    cfg.FloatOpt(
        "fleet_timeout",
        default=10.0,
        min=1.0,
        max=600.0,
        help="""
How long a call that asks other nodes may take as a whole, in seconds.

A node that has not answered by then is reported as such.

Possible values:
    * Any number from 1.0 to 600.0
""",
    ),
    cfg.FloatOpt(
        "node_timeout",
        default=3.0,
        min=0.1,
        max=600.0,
        help="""
How long one node may take in a call that asks other nodes, in seconds.

It has less where so many nodes are silent that fleet_timeout would not do for all.

Possible values:
    * Any number from 0.1 to 600.0
""",
    ),
    cfg.IntOpt(
        "fleet_calls",
        default=8,
        min=1,
        max=1000,
        help="""
How many calls that ask other nodes each process of this add-on makes at once at most.

A further one is answered 503 with a Retry-After header. Each call holds a thread of the
server for up to fleet_timeout, so this number should be below that of its threads.

Possible values:
    * Any number from 1 to 1000
""",
    ),
    cfg.IntOpt(
        "fleet_concurrency",
        default=100,
        min=1,
        max=1000,
        help="""
How many nodes one call asks at once at most.

Possible values:
    * Any number from 1 to 1000
""",
    ),
    cfg.IntOpt(
        "fill_concurrency",
        default=8,
        min=0,
        max=100,
        help="""
How many images the filter cache_fill fills into this node's cache at once at most.

A download beyond that number is left to Glance; an image that is to be cached waits. The
last half of them, rounded down, is for projects without a running fill, and for images
that an operator has asked to have cached.

Possible values:
    * Any number from 1 to 100
    * 0: no image is filled in
""",
    ),
    cfg.FloatOpt(
        "fill_search_timeout",
        default=2.0,
        min=0.1,
        max=60.0,
        help="""
How long the filter cache_fill asks other nodes for an image before it reads the store, in
seconds.

It is the time in all, from the request to the headers of a node's answer, however many
nodes are asked. A download that waits for bytes of another one's fill for half of that
reads the store itself. Where the server has one thread a process, each is 0.5 s at most.

Possible values:
    * Any number from 0.1 to 60.0
""",
    ),
    cfg.IntOpt(
        "fill_min_rate",
        default=1024 * 1024,
        min=0,
        help="""
How many bytes a second another node must send to the filter cache_fill at least.

A node that has sent less in 10 seconds is left, and the image comes from the store from
the byte reached on.

Possible values:
    * Any number of bytes from 0 on
""",
    ),
    cfg.FloatOpt(
        "fill_linger",
        default=30.0,
        min=0.0,
        max=86400.0,
        help="""
How long the filter cache_fill goes on with an image that nobody reads any more, in seconds.

Then it is thrown away, unless an operator has asked to have it cached.

Possible values:
    * Any number from 0.0 to 86400.0
""",
    ),
    cfg.FloatOpt(
        "fill_stall_timeout",
        default=10.0,
        min=0.5,
        max=600.0,
        help="""
How long the filter cache_fill waits for bytes of an image from another node, in seconds.

A node that has sent nothing for that long after its first byte is left, and the image
comes from the store from the byte reached on.

Possible values:
    * Any number from 0.5 to 600.0
""",
    ),
    cfg.BoolOpt(
        "redirect_downloads",
        default=False,
        help="""
Whether the filter cache_fill sends a client to a node that holds the image.

Where this node cannot fill the image into its cache, it answers a download with 307
and the URL of the nearest node on record that the sites file names. The client must
be able to reach that node, and sends its token there.

Possible values:
    * True
    * False
""",
    ),
]

_TLS = ("cafile", "certfile", "keyfile", "insecure")
SESSION_OPTIONS = loading.get_session_conf_options()
"""keystoneauth1's own, for calls to other nodes."""
TLS_OPTIONS = [option for option in SESSION_OPTIONS if option.name in _TLS]
"""Those of them that are for operators; all releases have them."""


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options by group, as ``oslo-config-generator`` asks for them."""
    return [(GROUP, [*OPTIONS, *TLS_OPTIONS])]


def register(conf: cfg.ConfigOpts) -> None:
    """Make the options readable as ``conf.cache_nodes.*``; a second time changes nothing.

    A value that an option does not take is one line in the log, and the option has its default
    from then on: Glance serves images in any case.
    """
    known = [*OPTIONS, *SESSION_OPTIONS]
    conf.register_opts(known, group=GROUP)
    for option in known:
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
        value = conf[GROUP][option.dest]
    except (cfg.Error, ValueError) as error:
        # oslo.config's own words begin with the option and the place of the file in its memory.
        words = str(error).rpartition(" is not valid: ")[2]
        return " ".join(words.split())
    if value is None and option.default is not None:
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
