# SPDX-License-Identifier: Apache-2.0
"""A lab: real Keystone and real Glance nodes on loopback, each its own process.

    state = lab.up(Path("build/lab"), nodes=3)
    state.nodes[1].url, state.nodes[1].cache_dir, state.clouds_file
    lab.down(Path("build/lab"))

A lab is one directory; it writes no file outside of it.
"""

from __future__ import annotations

from glance_cache_nodes_lab.start import up
from glance_cache_nodes_lab.state import LabState, Service, load
from glance_cache_nodes_lab.stop import down

__all__ = ["LabState", "Service", "down", "load", "up"]
