# SPDX-License-Identifier: Apache-2.0
"""The outcome of a command for many images: table, failures and exit status."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Callable, TextIO

from glance_cache_nodes import client
from glance_cache_nodes.osc.columns import OrDash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("Image ID", "Node Reference URL", "Result", "Reason")
# What says of one image that it cannot be done, and nothing of the next one.
_OF_ONE_IMAGE = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}


class Outcome:
    """The failures of a command, and where it prints them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failed = False

    def say(self, failure: str) -> None:
        """Print a failure beside which a table is printed."""
        self.failed = True
        self._stream.write(f"{failure}\n")

    def each(
        self, ids: Sequence[str], send: Callable[[str], client.Placement]
    ) -> list[client.Placement]:
        """Send a request for each image; a refusal does not stop the others."""
        placements: list[client.Placement] = []
        for number, image_id in enumerate(ids, 1):
            try:
                answer = _outcome(send, image_id)
            except KeyboardInterrupt:
                self.say(f"Interrupted; asked for before: {', '.join(ids[: number - 1]) or 'none'}")
                raise
            if isinstance(answer, client.Placement):
                self.failed |= any(result.is_failure for result in answer.results)
                placements.append(answer)
                continue
            if len(ids) == 1:
                raise answer
            self.say(f"{image_id}: {answer}")
            if not _is_of_one_image(answer):
                if ids[number:]:
                    self.say(f"Not asked for: {', '.join(ids[number:])}")
                break
        return placements


def _outcome(
    send: Callable[[str], client.Placement], image_id: str
) -> client.Placement | client.CallError:
    try:
        return send(image_id)
    except client.CallError as failure:
        return failure


def _is_of_one_image(failure: client.CallError) -> bool:
    return failure.status in _OF_ONE_IMAGE and not isinstance(failure, client.NoSuchCallError)


def rows(
    placements: Sequence[client.Placement], waited: Mapping[tuple[str, str], client.NodeProgress]
) -> list[tuple[object, ...]]:
    """Return a row for each image and node.

    Args:
        placements: what the nodes did.
        waited: how far nodes are that were waited for, by image and node.
    """
    table: list[tuple[object, ...]] = []
    for placement in placements:
        for each in placement.results:
            state = waited.get((placement.image_id, each.node))
            result, reason = each.result, each.reason
            if state is not None and result == "queued":
                result = "cached" if state.is_cached else state.state
                reason = reason if state.is_cached else state.reason
            table.append((placement.image_id, each.node, result, OrDash(reason)))
    return table
