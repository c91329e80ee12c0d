# SPDX-License-Identifier: Apache-2.0
"""Whether Glance allows the caller the image, by Glance's own objects and rules."""

from __future__ import annotations

from typing import Any

import glance.gateway
import webob.exc
from glance.api import policy
from glance.api.v2 import policy as api_policy
from glance.common import exception


def image_to_download(enforcer: Any, context: Any, image_id: str) -> Any:
    """Return the image if the caller sees it and may download it; None if Glance would refuse."""
    image = _visible(enforcer, context, image_id)
    if image is None:
        return None
    rule = api_policy.ImageAPIPolicy(context, image, enforcer)
    return image if _passes(rule.download_image) else None


def image_to_cache(enforcer: Any, context: Any, image_id: str) -> Any:
    """Return the image if the caller sees it and may have it cached; None if Glance refuses."""
    image = _visible(enforcer, context, image_id)
    if image is None:
        return None
    rule = api_policy.CacheImageAPIPolicy(
        context, image=image, enforcer=enforcer, policy_str="cache_image"
    )
    return image if _passes(rule.manage_image_cache) else None


def target_of(image: Any) -> Any:
    """Return the image as Glance's notifications want it."""
    return policy.ImageTarget(image)


def _visible(enforcer: Any, context: Any, image_id: str) -> Any:
    # As Glance's controllers do: a property that the caller may not read is none for a rule.
    repository = glance.gateway.Gateway(policy_enforcer=enforcer).get_repo(context)
    try:
        return repository.get(image_id)
    except (exception.Forbidden, exception.NotFound):
        return None


def _passes(check: Any) -> bool:
    try:
        check()
    except (exception.Forbidden, exception.NotFound, webob.exc.HTTPException):
        return False
    return True
