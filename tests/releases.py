# SPDX-License-Identifier: Apache-2.0
"""The ends of the range of OpenStack's releases that the add-on supports."""

from __future__ import annotations

from glance_cache_nodes_lab import environments

OLDEST, *_, NEWEST = environments.known()
