# SPDX-License-Identifier: Apache-2.0
"""Which sites and nodes a compute host belongs to, by the metadata of its aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWN_KEYS = ("glance_site", "glance_node")
ZONE = "availability_zone"


def names(metadata: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Return the names of a host's sites, and the URLs of its nodes.

    The keys ``glance_site`` and ``glance_node``, whose values may be several with commas between
    them, say it. A host without them belongs to the site of its availability zone's name.

    Args:
        metadata: of each aggregate that the host is in.
    """
    every = list(metadata)
    return _values(every, OWN_KEYS) or _values(every, (ZONE,))


def weight(host: frozenset[str], holders: frozenset[str]) -> float:
    """Return 1.0 for a host that belongs to a node or site with the image, else 0.0."""
    return 1.0 if host & holders else 0.0


def _values(metadata: list[Mapping[str, str]], keys: Iterable[str]) -> frozenset[str]:
    values = (each.get(key) or "" for each in metadata for key in keys)
    # As in the answers, a URL has no slash at its end.
    parts = (part.strip().rstrip("/") for value in values for part in value.split(","))
    return frozenset(filter(None, parts))
