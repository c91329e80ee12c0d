# SPDX-License-Identifier: Apache-2.0
"""The options of the plugin in tempest.conf."""

from __future__ import annotations

from oslo_config import cfg

SERVICE_AVAILABLE: list[cfg.Opt] = [
    cfg.BoolOpt(
        "glance_cache_nodes",
        default=False,
        help="Whether the cloud answers GET /v2/cache/nodes/{image_id}: with the add-on "
        "glance-cache-nodes, or as Glance 33 (2026.2) does by itself. Without it every test of "
        "the plugin is skipped.",
    ),
]

OWN_GROUP = cfg.OptGroup("glance_cache_nodes", title="The nodes that cache images")

OWN: list[cfg.Opt] = [
    cfg.ListOpt(
        "node_endpoints",
        default=[],
        help="URLs of the image API of single nodes, with no load balancer in front and without "
        "/v2; the nodes cache images with image_cache_driver = centralized_db. With one node, "
        "tests that need two are skipped. Empty: the image service of the catalogue is one node, "
        "and [image] alternate_image_endpoint, where it is set, is the other.",
    ),
    cfg.ListOpt(
        "node_references",
        default=[],
        help="The worker_self_reference_url of each of these nodes, in the same order. Empty: "
        "a node is known by the URL that appears when it has cached an image, and which one that "
        "is is not compared.",
    ),
    cfg.StrOpt(
        "caching_off_endpoint",
        help="URL of a node of the same cloud that has no image_cache_dir. Empty: its tests are "
        "skipped.",
    ),
    cfg.StrOpt(
        "local_driver_endpoint",
        help="URL of a node of the same cloud whose image_cache_driver is not centralized_db, "
        "for example sqlite. Empty: its tests are skipped.",
    ),
    cfg.StrOpt(
        "reader_policy_endpoint",
        help='URL of a node of the same cloud whose policy file has "list_cached_nodes": '
        '"role:reader", so that it depends on the image who gets an answer. Empty: its tests are '
        "skipped.",
    ),
    cfg.ListOpt(
        "sites",
        default=[],
        help="Names of sites in the sites file of the nodes; the first site has the first of "
        "node_endpoints. Empty: tests of sites are skipped.",
    ),
    cfg.IntOpt(
        "caching_timeout",
        default=60,
        min=1,
        help="How long to wait for a node to cache a small image, or for another node to know of "
        "it, in seconds.",
    ),
]

FEATURE_GROUP = cfg.OptGroup(
    "glance_cache_nodes-feature-enabled", title="What the call can do on this cloud"
)

FEATURES: list[cfg.Opt] = [
    cfg.BoolOpt(
        "central_cache",
        default=True,
        help="Whether the nodes have image_cache_dir set and image_cache_driver = "
        "centralized_db. If not, tests that need a list are skipped.",
    ),
    cfg.BoolOpt(
        "add_on",
        default=True,
        help="Whether the add-on answers. False for Glance 33 without it: tests of what only the "
        "add-on does are skipped, and the rest accepts the bare list.",
    ),
    cfg.BoolOpt(
        "fleet",
        default=True,
        help="Whether the add-on on every node also answers for the whole cloud: detail, verify, "
        "the list of nodes, the map, what a node's disk holds, caching and evicting on chosen "
        "nodes. False for an older one: tests of these calls are skipped. They also need "
        "add_on and node_references.",
    ),
]

GROUPS: list[tuple[cfg.OptGroup, list[cfg.Opt]]] = [(OWN_GROUP, OWN), (FEATURE_GROUP, FEATURES)]
