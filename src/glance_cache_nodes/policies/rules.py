# SPDX-License-Identifier: Apache-2.0
"""The policy rules of the add-on, enforced by Glance's own enforcer and policy file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance.api import policy as glance_policy
from glance.common import exception
from oslo_policy import policy

from glance_cache_nodes.policies.enforcer import Enforcer

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST_CACHED_NODES = "list_cached_nodes"
GET_IMAGE = "get_image"
"""Glance's own: who may know of an image."""
CACHE_IMAGE = "cache_image"
"""Glance's own: who may have an image cached."""
CACHE_DELETE = "cache_delete"
"""Glance's own: who may have an image evicted."""

RULES = [
    policy.DocumentedRuleDefault(
        name=LIST_CACHED_NODES,
        check_str="rule:context_is_admin",
        scope_types=["project"],
        description="List the nodes on which an image is cached. The image is the target, as for "
        "Glance's own rule get_image, so a rule may compare with %(owner)s, %(project_id)s, "
        "%(visibility)s, %(status)s, %(member_id)s, %(name)s, %(os_hidden)s, %(protected)s and, "
        "for one more statement to the database, with every other attribute and custom property. "
        "The lists of all nodes and of images have no image to compare with.",
        operations=[
            {"path": "/v2/cache/nodes/{image_id}", "method": "GET"},
            {"path": "/v2/cache/nodes/{image_id}/detail", "method": "GET"},
            {"path": "/v2/cache/{image_id}", "method": "GET"},
            {"path": "/v2/cache/nodes", "method": "GET"},
            {"path": "/v2/cache/images", "method": "GET"},
        ],
    ),
]


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """Return the rules with their defaults, as ``oslopolicy-sample-generator`` asks for them."""
    return RULES


def make_enforcer() -> Enforcer:
    """Return an enforcer that reads Glance's policy file and knows the rules of the add-on.

    Glance 33 brings ``list_cached_nodes`` itself; only what is missing is added.
    """
    enforcer = glance_policy.Enforcer()
    missing = [rule for rule in RULES if rule.name not in enforcer.registered_rules]
    enforcer.register_defaults(missing)
    return Enforcer(enforcer)


def allows(enforcer: Enforcer, context: Any, rule: str, target: Mapping[str, object]) -> bool:
    """Return whether a rule lets the caller pass; a token of the wrong scope does not.

    Args:
        enforcer: what :func:`make_enforcer` returned.
        context: the caller, as Glance's context filter made it.
        rule: the name of a rule.
        target: the attributes that the rule may compare with.
    """
    try:
        enforcer.enforce(context, rule, target)
    except exception.Forbidden:
        return False
    return True
