# SPDX-License-Identifier: Apache-2.0
"""The group ``[glance_cache_nodes]`` of nova.conf."""

from __future__ import annotations

from typing import Any

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = "glance_cache_nodes"

OWN = [
    cfg.FloatOpt(
        "image_cache_weight_multiplier",
        default=10.0,
        help="""
Multiplier of the weight of hosts near a node that has the image in its cache.

Such a host has the weight 1, another one 0. Nova's own weighers give at most 1 times their
multiplier, which is 1.0 for most, so that 10.0 outweighs memory, processors and disk together, and
0.5 decides between hosts that are nearly alike. 0 turns the weigher off: Glance is not asked. The
metadata of an aggregate can override it for its hosts, under the same name.
""",
    ),
    cfg.FloatOpt(
        "answer_timeout",
        default=1.0,
        min=0.05,
        max=60.0,
        help="Seconds that a request to boot waits for Glance, with Keystone, at most.",
    ),
    cfg.FloatOpt(
        "answer_lifetime",
        default=10.0,
        min=0.0,
        max=3600.0,
        help="""
Seconds for which an answer of Glance is used again for the same image.

When Glance gives no answer, it is not asked again, for any image, for as long.
""",
    ),
    cfg.IntOpt(
        "answers_kept",
        default=1000,
        min=1,
        help="Images whose answers are kept; the one that was used longest ago goes first.",
    ),
    cfg.IntOpt(
        "calls_at_once",
        default=8,
        min=1,
        help="Calls to Glance at once from one scheduler process, with those given up on.",
    ),
]
_TLS = ("cafile", "certfile", "keyfile", "insecure")
_ENDPOINT = ("service_type", "valid_interfaces", "region_name", "endpoint_override")


def register(conf: cfg.ConfigOpts) -> None:
    """Register the group's options; those of the auth plugin come when it is loaded.

    Args:
        conf: Nova's configuration.
    """
    conf.register_opts(OWN + _of_keystoneauth(), group=GROUP)
    loading.register_auth_conf_options(conf, GROUP)


def list_opts() -> list[tuple[str, list[Any]]]:
    """Return the options for oslo-config-generator, with those of a password as credentials."""
    auth = loading.get_auth_common_conf_options() + loading.get_auth_plugin_conf_options("password")
    return [(GROUP, OWN + _of_keystoneauth() + auth)]


def _of_keystoneauth() -> list[Any]:
    endpoint = loading.get_adapter_conf_options(include_deprecated=False)
    cfg.set_defaults(endpoint, service_type="image", valid_interfaces=["internal", "public"])
    every = loading.get_session_conf_options() + endpoint
    return [each for each in every if each.dest in _TLS + _ENDPOINT]
