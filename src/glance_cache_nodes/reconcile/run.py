# SPDX-License-Identifier: Apache-2.0
"""A run of ``reconcile``: compare, wait for new files, compare again, correct."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import time
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.cache import locks
from glance_cache_nodes.db import image_copies
from glance_cache_nodes.exception import DatabaseUnavailableError, UserError
from glance_cache_nodes.reconcile import disk, findings, safety_checks
from glance_cache_nodes.reconcile.apply import Fixer
from glance_cache_nodes.reconcile.case import Case
from glance_cache_nodes.reconcile.checksums import Checksums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from glance_cache_nodes.db.image_copies import ImageData
    from glance_cache_nodes.reconcile.disk import Disk, File
    from glance_cache_nodes.reconcile.findings import Finding
    from glance_cache_nodes.reconcile.settings import LocalNode

GRACE = 3.0
"""Seconds for which a file that has just changed is left alone: Glance may add its row yet."""

_WAIT_FOR_ANOTHER_RUN = 60.0


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """What a run is to do.

    Attributes:
        fix: correct what is found.
        verify: compare also files on record by their hash.
        force: correct whatever the safety checks say.
        max_removals: see :func:`safety_checks.refusal`.
        grace: seconds for which a file that has just changed is left alone.
    """

    fix: bool = False
    verify: bool = False
    force: bool = False
    max_removals: int = safety_checks.MAX_REMOVALS
    grace: float = GRACE


@dataclasses.dataclass(frozen=True)
class Report:
    """What a run found and did.

    Attributes:
        node: the node reference URL.
        checked: images that were compared.
        findings: in order of their image IDs.
        unreadable: files that could not be read, with the reason.
        refused: why nothing may be corrected; None when it may.
    """

    node: str
    checked: int
    findings: Sequence[Finding]
    unreadable: dict[str, str]
    refused: str | None

    @property
    def complete(self) -> bool:
        """Whether every file could be compared."""
        return not self.unreadable

    def as_json(self) -> dict[str, object]:
        """Return it as ``--json`` prints it."""
        return {
            "node": self.node,
            "checked": self.checked,
            "complete": self.complete,
            "refused": self.refused,
            "findings": [each.as_json() for each in self.findings],
        }


@dataclasses.dataclass(frozen=True)
class _State:
    """The disk and the record at one moment: the findings, and what they were found in."""

    found: Sequence[Finding]
    disk: Disk
    rows: dict[str, int]
    images: dict[str, ImageData]


class Run:
    """One run on one node."""

    def __init__(self, node: LocalNode, options: RunOptions, tell: Callable[[str], None]) -> None:
        self._node, self._options = node, options
        self._checksums = Checksums(tell)

    def do(self) -> Report:
        """Run.

        Raises:
            UserError: the directory or the database cannot be read, or another run does not end.
        """
        if not self._options.fix or not disk.exists(self._node.directory):
            return self._do()
        with _alone(self._node.directory):
            return self._do()

    def _do(self) -> Report:
        state = self._look_when_settled()
        if not state.disk.exists and not state.rows:
            raise UserError(f"{self._node.directory} does not exist; is image_cache_dir right?")
        refused = None
        if not self._options.force:
            most = self._options.max_removals
            refused = safety_checks.refusal(state.found, state.disk, state.rows, state.images, most)
        corrects = self._options.fix and refused is None
        found = self._again_each(state.found, Fixer(self._node) if corrects else None)
        checked = len(state.disk.files.keys() | state.rows.keys())
        return Report(self._node.url, checked, found, self._checksums.unreadable, refused)

    def _look_when_settled(self) -> _State:
        state = self._look()
        if not any(self._is_young(each.case) for each in state.found):
            return state
        time.sleep(self._options.grace)
        state = self._look()
        found = [each for each in state.found if not self._is_young(each.case)]
        return dataclasses.replace(state, found=found)

    def _look(self) -> _State:
        # In this order: an image that has a file or a row then was there before.
        here = disk.read(self._node.directory)
        rows = image_copies.find_on_node(self._node.database, self._node.url)
        image_ids = (here.files.keys() | rows.keys()) - here.links
        images = image_copies.find_images(self._node.database, image_ids)
        cases = [
            self._case(each, here.files.get(each), rows.get(each), images.get(each))
            for each in sorted(image_ids)
        ]
        found = [findings.find(case) for case in (*cases, *map(self._partial, here.partials))]
        return _State([each for each in found if each], here, rows, images)

    def _case(
        self, image_id: str, file: File | None, row_size: int | None, image: ImageData | None
    ) -> Case:
        right: Callable[[], bool | None] = lambda: None  # noqa: E731
        if file is not None and image is not None:
            right = functools.partial(self._checksums.are_right, file, image)
        verify = self._options.verify
        return Case(image_id, file, row_size, image, has_right_bytes=right, verify=verify)

    def _partial(self, file: File) -> Case:
        is_written = disk.is_written(file, self._node.stall_time)
        image_id = disk.image_id_of(file.path) or ""
        return Case(image_id, partial=file, is_written=is_written)

    def _again_each(self, found: Sequence[Finding], fixer: Fixer | None) -> list[Finding]:
        """Compare each finding once more, and correct it if it still holds."""
        done: list[Finding] = []
        try:
            for each in found:
                now = self._again(each)
                if now is not None and now.kind is each.kind:
                    done.append(now if fixer is None else _corrected(now, fixer))
        except DatabaseUnavailableError as error:
            if fixer is None:
                raise
            count = sum(each.fixed for each in done)
            text = f"{error}; {count} of {len(found)} findings were corrected, the others not"
            raise DatabaseUnavailableError(text) from error
        return done

    def _again(self, finding: Finding) -> Finding | None:
        old, node = finding.case, self._node
        if old.partial is not None:
            file = disk.look(old.partial.path)
            return findings.find(self._partial(file)) if file else None
        file = disk.cached(node.directory, old.image_id)
        only = {old.image_id}
        row_size = image_copies.find_on_node(node.database, node.url, only).get(old.image_id)
        image = image_copies.find_images(node.database, only).get(old.image_id)
        return findings.find(self._case(old.image_id, file, row_size, image))

    def _is_young(self, case: Case) -> bool:
        file = case.partial or case.file
        # One from the future is not young: a clock was set back, and would keep it so for long.
        return file is not None and 0 <= time.time() - file.changed / 1e9 < self._options.grace


def _corrected(finding: Finding, fixer: Fixer) -> Finding:
    try:
        return dataclasses.replace(finding, fixed=finding.kind.fix(fixer, finding.case))
    except OSError as error:
        detail = f"{finding.detail}; not corrected: {error.strerror}"
        return dataclasses.replace(finding, detail=detail)


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other runs away from the directory for the block; the kernel ends it with our process.

    Raises:
        UserError: another run has not ended in time, or the directory cannot be locked.
    """
    try:
        # The directory itself is locked, so that no file is left in it.
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"{directory} cannot be opened: {error.strerror}") from error
    try:
        if not locks.lock_within(descriptor, _WAIT_FOR_ANOTHER_RUN, every=0.1):
            text = f"another reconcile works on {directory}; let it end, then run this again"
            raise UserError(text)
        yield
    finally:
        os.close(descriptor)
