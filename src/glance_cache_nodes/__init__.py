# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a cloud hold this image: an add-on for OpenStack Glance."""

from __future__ import annotations

import importlib.metadata


def version() -> str:
    """Return the version of the installed distribution; ``unknown`` where there is none."""
    try:
        return importlib.metadata.version("glance-cache-nodes")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
