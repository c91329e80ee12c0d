# SPDX-License-Identifier: Apache-2.0
"""The custom properties of an image that a caller may read, by Glance's property protections."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from glance.common import property_utils

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.policies.enforcer import Enforcer


def readable(
    properties: Mapping[str, object], enforcer: Enforcer, context: Any
) -> Mapping[str, object]:
    """Return those that the caller may read: all, unless ``property_protection_file`` is set.

    Args:
        properties: custom properties by name.
        enforcer: what a protection file that names policies is asked with.
        context: the caller, as Glance's context filter made it.
    """
    if not property_utils.is_property_protection_enabled():
        return properties
    rules = property_utils.PropertyRules(enforcer.glance)
    caller = copy.copy(context)
    caller.roles = list(context.roles)  # Glance's check adds roles to the list that it is given.
    return {
        name: value
        for name, value in properties.items()
        if rules.check_property_rules(name, "read", caller)
    }
