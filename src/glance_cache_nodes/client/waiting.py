# SPDX-License-Identifier: Apache-2.0
"""The client: wait until nodes have cached accepted images."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.client.image_nodes import ImageDetail, NodeDetail, image_detail
from glance_cache_nodes.client.image_record import image_size
from glance_cache_nodes.exception import CallError, NoSuchCallError, NotCachedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from keystoneauth1.adapter import Adapter

    from glance_cache_nodes.client.placement import Placement

TIMEOUT = 3600.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds between two looks at the nodes
_MOST_NODES = 50  # that a URL names; to ask for more, all are asked
_ACCEPTED = {"queued", "already_cached"}
_WORKER = (
    " A Glance whose cache worker has died accepts every request with 202 and caches nothing: "
    "restart Glance on these nodes, delete the image there, which takes it out of the queue, and "
    "queue it again."
)
_CANNOT_TELL = {"unsupported", "refused"}  # a Glance without the add-on, or with other rules
_STUCK = {"queued", "absent", "unsupported"}  # what such a Glance is seen to be in


@dataclass(frozen=True)
class NodeProgress:
    """The progress of an accepted image on a node.

    Attributes:
        image_id: the image's UUID.
        node: the node reference URL.
        state: as in ``NodeDetail``, and ``queued`` until the node was asked.
        is_cached: whether the node holds the image: it confirms it, or the record says so where
            the node cannot tell.
        size: bytes on the node's disk so far; None where it does not tell.
        expected_size: bytes of the image; None where Glance does not tell.
        reason: why the state is what it is.
    """

    image_id: str
    node: str
    state: str = "queued"
    is_cached: bool = False
    size: int | None = None
    expected_size: int | None = None
    reason: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.is_cached or self.state == "failed"


def wait_until_cached(
    adapter: Adapter,
    placements: Iterable[Placement],
    timeout: float = TIMEOUT,
    progress: Callable[[Sequence[NodeProgress]], None] | None = None,
) -> tuple[NodeProgress, ...]:
    """Wait until every node that accepted an image has it.

    A node confirms it itself; the record's word counts for one that cannot, which is a Glance
    without the add-on, or one whose rules do not let the caller ask. While Glance does not answer,
    or another node behind its load balancer has not got the call, the wait goes on.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        placements: what ``queue`` returned.
        timeout: seconds to wait at most.
        progress: called with all nodes at first, and after each answer.

    Raises:
        NotCachedError: a node failed, or has not got there in time; it names the nodes.
        CallError: Glance refuses to tell.
    """
    wait = _Wait(adapter, _at_first(adapter, placements))
    ends, pause = time.monotonic() + timeout, _FIRST_PAUSE
    while True:
        if progress is not None:
            progress(wait.nodes)
        left = ends - time.monotonic()
        if left <= 0 or all(node.is_done for node in wait.nodes):
            break
        # The nodes are looked at once more when the time is over.
        time.sleep(min(pause, left) if wait.looks else 0)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        for _ in wait.look():
            if time.monotonic() > ends:
                break
            if progress is not None:
                progress(wait.nodes)
    if not all(node.is_cached for node in wait.nodes):
        raise NotCachedError(_why(wait.nodes, timeout, wait.trouble), wait.nodes)
    return wait.nodes


def _at_first(adapter: Adapter, placements: Iterable[Placement]) -> tuple[NodeProgress, ...]:
    found: dict[tuple[str, str], NodeProgress] = {}
    for placement in placements:
        accepted = [each for each in placement.results if each.result in _ACCEPTED]
        size = image_size(adapter, placement.image_id) if accepted else None
        for each in accepted:
            has_it = each.result == "already_cached"
            found[placement.image_id, each.node] = NodeProgress(
                image_id=placement.image_id,
                node=each.node,
                state="confirmed" if has_it else "queued",
                is_cached=has_it,
                size=size if has_it else None,
                expected_size=size,
            )
    return tuple(found.values())


class _Wait:
    """The nodes that are waited for, and their last states."""

    def __init__(self, adapter: Adapter, nodes: tuple[NodeProgress, ...]) -> None:
        self.adapter = adapter
        self.nodes = nodes
        self.looks = 0
        self.trouble: CallError | None = None  # of the last look, where Glance did not answer
        self._may_name_nodes = True
        # Nodes whose last look showed a failure. It may be that of an attempt before this one, so
        # it counts when it is seen again.
        self._failed: set[tuple[str, str]] = set()

    def look(self) -> Iterator[str]:
        """Ask about each image that is missing on a node; yield each answer."""
        self.looks += 1
        self.trouble = None
        for image_id in dict.fromkeys(each.image_id for each in self.nodes if not each.is_done):
            try:
                rows = {row.node: row for row in self._detail(image_id).nodes}
            except CallError as failure:
                self._keep_or_raise(failure)
            else:
                self.nodes = tuple(
                    self._after(each, rows.get(each.node))
                    if each.image_id == image_id and not each.is_done
                    else each
                    for each in self.nodes
                )
            yield image_id

    def _detail(self, image_id: str) -> ImageDetail:
        wanted = [
            each.node for each in self.nodes if each.image_id == image_id and not each.is_done
        ]
        if self._may_name_nodes and len(wanted) <= _MOST_NODES:
            try:
                return image_detail(self.adapter, image_id, verify=True, nodes=wanted)
            except CallError as failure:
                # An add-on without this parameter, or a node that is not registered any more.
                if failure.status != HTTPStatus.BAD_REQUEST:
                    raise
                self._may_name_nodes = False
        return image_detail(self.adapter, image_id, verify=True)

    def _keep_or_raise(self, failure: CallError) -> None:
        status = failure.status
        passes = status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if not passes and not isinstance(failure, NoSuchCallError):
            raise failure
        self.trouble = failure

    def _after(self, before: NodeProgress, row: NodeDetail | None) -> NodeProgress:
        if row is None:
            return dataclasses.replace(
                before, state="absent", reason="the node is not registered any more"
            )
        key = (before.image_id, before.node)
        state = row.state
        if state == "failed" and key not in self._failed:
            self._failed.add(key)
            state = "queued"
        elif state != "failed":
            self._failed.discard(key)
        is_cached = state == "confirmed" or (state in _CANNOT_TELL and row.on_record)
        return dataclasses.replace(
            before, state=state, is_cached=is_cached, size=row.size, reason=row.reason
        )


def _why(nodes: Sequence[NodeProgress], timeout: float, trouble: CallError | None) -> str:
    short = [each for each in nodes if not each.is_cached]
    failed = [each for each in short if each.state == "failed"]
    late = [each for each in short if each.state != "failed"]
    parts = []
    if failed:
        parts.append(f"Not cached: {_named(failed)}.")
    if late:
        parts.append(f"Accepted, and not cached after {timeout:g} s: {_named(late)}.")
    text = " ".join(parts)
    if trouble is not None:
        return f"{text} The last answer: {trouble}"
    return text + _WORKER if any(each.state in _STUCK for each in late) else text


def _named(nodes: Sequence[NodeProgress]) -> str:
    # The image is told where there are several.
    several = len({each.image_id for each in nodes}) > 1
    return ", ".join(
        f"{each.node}{f' for {each.image_id}' if several else ''} ({each.state}"
        f"{f': {each.reason}' if each.reason else ''})"
        for each in nodes
    )
