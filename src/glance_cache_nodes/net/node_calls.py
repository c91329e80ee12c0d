# SPDX-License-Identifier: Apache-2.0
"""What calls to many nodes share in a process: limits, threads, and who may be called."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.exception import TooManyCallsError
from glance_cache_nodes.net.threads import Limited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glance_cache_nodes.net.http import Http
    from glance_cache_nodes.sites import SitesFile


class NodeCalls:
    """The calls of a process.

    Args:
        options: the group ``[cache_nodes]`` of Glance's configuration.
        sites: which nodes may be called.
        http: sends the requests.

    Attributes:
        options, sites, http: the same.
        threads: for asking nodes, no more than all calls at once may use.
    """

    def __init__(self, options: Any, sites: SitesFile, http: Http) -> None:
        self.options, self.sites, self.http = options, sites, http
        most: int = options.fleet_calls
        self.threads = Limited("cache-nodes-fleet", most * options.fleet_concurrency)
        self._slots = threading.BoundedSemaphore(most)

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Count as one call for the block.

        Raises:
            TooManyCallsError: ``fleet_calls`` calls run.
        """
        if not self._slots.acquire(blocking=False):
            raise TooManyCallsError
        try:
            yield
        finally:
            self._slots.release()
