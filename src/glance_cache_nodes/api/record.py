# SPDX-License-Identifier: Apache-2.0
"""The record of all nodes' caches, which not every node takes part in."""

from __future__ import annotations

from typing import Any

from glance_cache_nodes.api import responses
from glance_cache_nodes.cache import DRIVER


def require_cache(conf: Any) -> None:
    """Refuse where this node caches no images.

    Args:
        conf: Glance's configuration.

    Raises:
        webob.exc.HTTPConflict: it does.
    """
    if not conf.image_cache_dir:
        raise responses.refusal(
            responses.CONFLICT, "Image caching is off on this node: image_cache_dir is not set."
        )


def require(conf: Any) -> None:
    """Refuse if this node has no cache, or its record is not in the central database.

    Args:
        conf: Glance's configuration.

    Raises:
        webob.exc.HTTPConflict: it does.
    """
    require_cache(conf)
    driver = conf.image_cache_driver
    if driver.lower() != DRIVER:
        raise responses.refusal(
            responses.CONFLICT,
            f"This node keeps its cache record with the driver {driver}, where no other node can "
            f"read it. The list of nodes needs image_cache_driver = {DRIVER}.",
        )
