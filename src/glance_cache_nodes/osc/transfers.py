# SPDX-License-Identifier: Apache-2.0
"""Transfers of images, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.client import DownloadProgress, NodeProgress


@dataclass(frozen=True)
class Transfer:
    """One transfer, as it is shown.

    Attributes:
        name: what is transferred, or where to.
        state: its state.
        size: bytes so far; None where they are not known.
        total: bytes in all; None where they are not known.
        is_done: whether it has ended.
    """

    name: str
    state: str
    size: int | None = None
    total: int | None = None
    is_done: bool = False


Show = Callable[["Sequence[Transfer]"], None]


def of_nodes(nodes: Sequence[NodeProgress]) -> list[Transfer]:
    """Return the transfers of images to nodes; the image is named where there are several."""
    several = len({each.image_id for each in nodes}) > 1
    return [
        Transfer(
            name=f"{each.node} {each.image_id}" if several else each.node,
            state="cached" if each.is_cached else each.state,
            # What is queued has no bytes yet, whatever lay on the disk before.
            size=each.size if each.is_cached or each.state == "caching" else None,
            total=each.expected_size,
            is_done=each.is_done,
        )
        for each in nodes
    ]


def of_download(download: DownloadProgress) -> Transfer:
    """Return the transfer of an image to a file here."""
    return Transfer(
        name="image",
        state=f"from {download.source}",
        size=download.size,
        total=download.expected_size,
        is_done=download.size == download.expected_size,
    )
