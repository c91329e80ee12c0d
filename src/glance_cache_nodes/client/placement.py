# SPDX-License-Identifier: Apache-2.0
"""The client: cache and evict an image on chosen nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.client import fields
from glance_cache_nodes.client.answers import Call, ask
from glance_cache_nodes.client.transport import asks_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests
    from keystoneauth1.adapter import Adapter

_QUEUE = Call("cache an image on nodes", rule="cache_image")
_EVICT = Call("evict an image from nodes", rule="cache_delete")
_FAILURES = {"failed", "refused", "unreachable"}
_BATCH = 50  # nodes and sites in one request: more make a URL that servers do not take


@dataclass(frozen=True)
class NodeResult:
    """What one node did with a request.

    Attributes:
        node: the node reference URL.
        result: ``queued``, ``already_cached``, ``evicted``, ``absent``, ``unreachable``,
            ``refused`` or ``failed``.
        reason: why, where there is more to say.
    """

    node: str
    result: str
    reason: str | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the node failed."""
        return self.result in _FAILURES


@dataclass(frozen=True)
class Placement:
    """What the chosen nodes did with a request for one image.

    Attributes:
        image_id: the image's UUID.
        results: one a node.
    """

    image_id: str
    results: tuple[NodeResult, ...]


def queue(  # noqa: PLR0913 - one keyword for each way to choose nodes
    adapter: Adapter,
    image_id: str,
    *,
    nodes: Sequence[str] | None = None,
    sites: Sequence[str] | None = None,
    per_site: int | None = None,
    all_nodes: bool = False,
    count: int | None = None,
) -> Placement:
    """Queue an image on nodes; they fetch it after this call.

    Exactly one of ``nodes``, ``sites``, ``all_nodes`` and ``count`` chooses the nodes.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        image_id: the image's UUID.
        nodes: the node reference URLs.
        sites: names of sites, each with all of its nodes.
        per_site: with ``sites``: as many nodes of each are to hold the image in the end.
        all_nodes: every registered node.
        count: as many nodes are to hold the image in the end.

    Raises:
        CallError: no such image, the choice is not understood, no permission, no such call in this
            Glance, or no answer. What a single node answers is in the results.
    """
    chosen = {
        "nodes": None if nodes is None else list(nodes),
        "sites": None if sites is None else list(sites),
        "per_site": per_site,
        "all": all_nodes or None,
        "count": count,
    }
    body = {key: value for key, value in chosen.items() if value is not None}
    return _placement(image_id, _send(adapter, _QUEUE, "PUT", image_id, json=body))


def evict(
    adapter: Adapter,
    image_id: str,
    *,
    nodes: Sequence[str] = (),
    sites: Sequence[str] = (),
    all_nodes: bool = False,
) -> Placement:
    """Evict an image from nodes.

    Args:
        adapter: as for ``queue``.
        image_id: the image's UUID; of an image that Glance has deleted, too, for admins.
        nodes: node reference URLs.
        sites: names of sites, each with all of its nodes.
        all_nodes: every registered node, instead of the two.

    Raises:
        CallError: as for ``queue``.
    """
    chosen = [*(("node", url) for url in nodes), *(("site", name) for name in sites)]
    if all_nodes:
        chosen.append(("all", "true"))
    results: dict[str, NodeResult] = {}
    for start in range(0, max(len(chosen), 1), _BATCH):
        batch = chosen[start : start + _BATCH]
        answer = _placement(image_id, _send(adapter, _EVICT, "DELETE", image_id, params=batch))
        results |= {result.node: result for result in answer.results if result.node not in results}
    return Placement(image_id, tuple(results.values()))


def _send(
    adapter: Adapter, what: Call, method: str, image_id: str, **options: Any
) -> requests.Response:
    return ask(
        adapter,
        what,
        ("cache", "nodes", image_id),
        method=method,
        image_id=image_id,
        timeout=asks_nodes(adapter),
        **options,
    )


def _placement(image_id: str, response: requests.Response) -> Placement:
    body = fields.body(response, "results of nodes")
    rows = body.objects("results")
    return Placement(
        image_id=body.get("image_id", str) or image_id,
        results=tuple(
            NodeResult(
                node=row.need("node", str),
                result=row.need("result", str),
                reason=row.get("reason", str),
            )
            for row in rows
        ),
    )
