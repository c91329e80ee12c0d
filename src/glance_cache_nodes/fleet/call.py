# SPDX-License-Identifier: Apache-2.0
"""One call that asks nodes, and what such calls of a process share."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from glance_cache_nodes.exception import NodeError
from glance_cache_nodes.fleet.fan_out import FanOut
from glance_cache_nodes.fleet.names import Names
from glance_cache_nodes.fleet.outcome import REFUSED
from glance_cache_nodes.fleet.peers import Peers
from glance_cache_nodes.fleet.turn import ANSWER
from glance_cache_nodes.fleet.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.fleet.outcome import Answer
    from glance_cache_nodes.fleet.reply import Reply
    from glance_cache_nodes.fleet.turn import Turn
    from glance_cache_nodes.sites import SitesFile

Result = TypeVar("Result")

# Threads of a process, for each node that one call may ask at once. More make nothing faster.
_CALLS_AT_ONCE = 2
# Of fleet_timeout: what is left of it is for writing the answer, beside all other calls.
_FOR_NODES = 0.96


@dataclasses.dataclass(frozen=True)
class OwnNode:
    """The node that was called, which is asked without HTTP: its one thread may be in use.

    Attributes:
        url: its node reference URL; None where the option is not set.
        look: returns what its disk holds of the image of the call.
        glance: sends a request, by method and path, to its own Glance behind the filter.
    """

    url: str | None
    look: Callable[[], Answer]
    glance: Callable[[str, str], Reply]


class Fleet:
    """What calls share.

    Args:
        options: the group ``[cache_nodes]`` of Glance's configuration.
        sites: which nodes may be called.
        names: what looks up hosts.
    """

    def __init__(self, options: Any, sites: SitesFile, names: Names | None = None) -> None:
        self.options, self.sites = options, sites
        self.names = names or Names()
        self.workers = Workers(_CALLS_AT_ONCE * options.fleet_concurrency)

    def call(
        self,
        own: OwnNode,
        headers: Mapping[str, str],
        *,
        started: float | None = None,
        has_access_rules: bool = False,
    ) -> Call:
        """Start a call.

        Args:
            own: the node that was called.
            headers: what each request to another node has: the caller's token, the request id.
            started: from when on its time runs, by the monotonic clock; None for now.
            has_access_rules: whether the token is of an application credential with access rules.
        """
        peers = Peers(self.options, self.names, headers, has_access_rules=has_access_rules)
        return Call(self, own, peers, time.monotonic() if started is None else started)


@dataclasses.dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        fleet: what lasts.
        own: the node that was called.
        peers: what sends requests to the others.
        started: when it began, by the monotonic clock.
    """

    fleet: Fleet
    own: OwnNode
    peers: Peers
    started: float

    def each(
        self,
        nodes: Sequence[str],
        job: Callable[[str, Turn], Result],
        failed: Callable[[str, NodeError], Result],
        part: float = 1.0,
    ) -> list[Result]:
        """Run a job for each node, many at once.

        Args:
            nodes: node reference URLs.
            job: what to do within a node's turn; raises NodeError when it gives nothing.
            failed: makes a result of that error.
            part: of the time of the call, after which it ends.

        Returns:
            A result for each node, in their order.
        """
        options = self.fleet.options
        deadline = self.started + part * _FOR_NODES * options.fleet_timeout
        fan_out = FanOut(job, failed, deadline, options.fleet_concurrency)
        return fan_out.run(nodes, self.fleet.workers)

    def send(self, method: str, node: str, path: str, turn: Turn) -> Reply:
        """Send a request to a node's Glance, also to this node's.

        Raises:
            NodeError: there was no answer, or the sites file does not name the node.
        """
        if node == self.own.url:
            turn.awaited = ANSWER
            return self.own.glance(method, path)
        self.require_named(node)
        return self.peers.call(method, node, path, turn)

    def require_named(self, node: str) -> None:
        """Check that a node may be called.

        Raises:
            NodeError: the sites file does not name the node.
        """
        if not self.fleet.sites.may_call(node):
            reason = "[cache_nodes] sites_file does not name it"
            raise NodeError(REFUSED, reason)
