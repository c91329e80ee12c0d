# SPDX-License-Identifier: Apache-2.0
"""Runs that are refused because a mistake is likely, such as an unmounted disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.db.image_copies import ImageData
    from glance_cache_nodes.reconcile.disk import Disk
    from glance_cache_nodes.reconcile.findings import Finding

MAX_REMOVALS = 10


def refusal(
    findings: Sequence[Finding],
    disk: Disk,
    rows: Mapping[str, int],
    images: Mapping[str, ImageData],
    max_removals: int,
) -> str | None:
    """Return why these findings must not be corrected without ``--force``; None when they may.

    Args:
        findings: what was found.
        disk: what the directory holds.
        rows: the sizes in this node's rows, by image ID.
        images: what Glance knows of the images of both.
        max_removals: how many rows or files may go, whatever part of all they are.
    """
    removals = [each for each in findings if each.kind.removes]
    return (
        (_another_directory(disk, rows) if removals else None)
        or (_another_database(disk, rows, images) if removals else None)
        or _too_many(
            "rows",
            [each for each in removals if each.case.row_size is not None],
            rows,
            max_removals,
        )
        or _too_many(
            "files", [each for each in removals if each.case.file], disk.files, max_removals
        )
    )


def _another_directory(disk: Disk, rows: Mapping[str, int]) -> str | None:
    if not rows or rows.keys() & (disk.files.keys() | disk.links):
        return None
    what = ("holds none of them" if disk.files else "is empty") if disk.exists else "is missing"
    many = f"{len(rows)} image{'s' if len(rows) > 1 else ''}"
    return f"the record names {many} on this node and the cache directory {what}: is it mounted?"


def _another_database(
    disk: Disk, rows: Mapping[str, int], images: Mapping[str, ImageData]
) -> str | None:
    if rows or not disk.files or images:
        return None
    return (
        f"the database knows none of the {len(disk.files)} images in the cache directory and "
        "nothing of this node: is it the right one?"
    )


def _too_many(
    what: str, removals: Sequence[Finding], all_of_them: Mapping[str, object], most: int
) -> str | None:
    count, total = len(removals), len(all_of_them)
    if count <= most or 2 * count <= total:
        return None
    return f"{count} of {total} {what} would go, which is more than {most} and more than half"
