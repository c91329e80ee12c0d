# SPDX-License-Identifier: Apache-2.0
"""One call that asks nodes."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING, Callable, TypeVar

from glance_cache_nodes import node_url
from glance_cache_nodes.exception import NOT_IN_SITES_FILE, NodeError
from glance_cache_nodes.fleet.outcome import Reply
from glance_cache_nodes.net.fan_out import FanOut, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glance_cache_nodes.fleet.outcome import Answer
    from glance_cache_nodes.net.deadline import Deadline
    from glance_cache_nodes.net.http import Response
    from glance_cache_nodes.net.node_calls import NodeCalls

Result = TypeVar("Result")

# Of fleet_timeout: what the nodes have, and what it takes to tell what came of them. The rest is
# for writing the answer, beside all other calls.
_FOR_NODES, _FOR_RESULTS = 0.94, 0.02
_NOT_NAMED = "[cache_nodes] sites_file does not name it"


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
    glance: Callable[[str, str], Response]


@dataclasses.dataclass(frozen=True)
class Call:
    """One call; :func:`calling` makes it.

    Attributes:
        shared: what calls share.
        own: the node that was called.
        headers: of each request to another node.
        started: when it began, by the monotonic clock.
        may_call: whether a token may be sent to a node.
        has_access_rules: whether the token is of an application credential with access rules.
    """

    shared: NodeCalls
    own: OwnNode
    headers: Mapping[str, str]
    started: float
    may_call: Callable[[str], bool]
    has_access_rules: bool = False

    def each(
        self,
        nodes: Sequence[str],
        job: Callable[[str, Deadline], Result],
        failed: Callable[[str, NodeError], Result],
        part: float = 1.0,
    ) -> list[Result]:
        """Run a job for each node that may be called, many at once.

        Args:
            nodes: node reference URLs.
            job: what to do within a node's deadline; raises NodeError when it gives nothing.
            failed: makes a result of that error.
            part: of the time of the call, after which it ends.

        Returns:
            A result for each node, in their order.
        """
        allowed = [node for node in nodes if self.is_own(node) or self.may_call(node)]
        fan_out = FanOut(job, failed, self._limits(part))
        results = dict(zip(allowed, fan_out.run(allowed, self.shared.threads)))
        refused = NodeError(NOT_IN_SITES_FILE, _NOT_NAMED, was_asked=False)
        return [results[node] if node in results else failed(node, refused) for node in nodes]

    def is_own(self, node: str) -> bool:
        """Return whether a node is the one that was called."""
        return self.own.url is not None and node_url.are_same(node, self.own.url)

    def send(self, method: str, node: str, path: str, deadline: Deadline) -> Reply:
        """Send a request to a node's Glance, also to this node's.

        Raises:
            NodeError: there was no answer that can be used.
        """
        if self.is_own(node):
            response = self.own.glance(method, path)
        else:
            response = self.shared.http.request(method, node, path, self.headers, deadline)
        return Reply(response.status, response.body, self._hint(method))

    def _hint(self, method: str) -> str:
        if not self.has_access_rules:
            return ""
        path = "/v2/cache/{image_id}"
        return f"; the application credential needs an access rule for {method} {path} of image"

    def _limits(self, part: float) -> Limits:
        options = self.shared.options
        until = self.started + part * _FOR_NODES * options.fleet_timeout
        slack = _FOR_RESULTS * options.fleet_timeout
        return Limits(until, slack, options.node_timeout, options.fleet_concurrency)


@contextlib.contextmanager
def calling(
    shared: NodeCalls,
    own: OwnNode,
    headers: Mapping[str, str],
    *,
    started: float | None = None,
    has_access_rules: bool = False,
) -> Iterator[Call]:
    """Make a call for the block.

    Args:
        shared: what calls share.
        own: the node that was called.
        headers: what each request to another node has: the caller's token, the request id.
        started: from when on its time runs, by the monotonic clock; None for now.
        has_access_rules: whether the token is of an application credential with access rules.

    Raises:
        TooManyCallsError: ``fleet_calls`` calls run.
    """
    with shared.slot():
        # The sites file is read here, if it has changed: not in the time of a node.
        may_call = shared.sites.permission()
        begun = time.monotonic() if started is None else started
        yield Call(shared, own, headers, begun, may_call, has_access_rules)
