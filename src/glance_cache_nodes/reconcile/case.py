# SPDX-License-Identifier: Apache-2.0
"""What is compared: the file, the row and the image of one ID."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from glance_cache_nodes.db.image_copies import ImageData
    from glance_cache_nodes.reconcile.disk import File


@dataclasses.dataclass(frozen=True)
class Case:
    """Everything that is known of one image ID on this node, or of one partial file.

    Attributes:
        image_id: the ID.
        file: the cached file; None when there is none.
        row_size: the size in this node's row, in bytes; None when there is no row.
        image: None when Glance has no such image.
        partial: a file of a transfer that did not end; it is then all that the case is about.
        is_written: whether somebody may still write the partial file.
        has_right_bytes: compares the file with the image's strongest hash: None when it could not
            be read or the image has no hash. It is called only where the answer matters.
        verify: whether files that are on record are compared by hash, too.
    """

    image_id: str
    file: File | None = None
    row_size: int | None = None
    image: ImageData | None = None
    partial: File | None = None
    is_written: bool = False
    has_right_bytes: Callable[[], bool | None] = lambda: None
    verify: bool = False
