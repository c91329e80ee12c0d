# SPDX-License-Identifier: Apache-2.0
"""A run of ``reconcile``: compare, wait for new files, compare again, correct."""

from __future__ import annotations

import dataclasses
import functools
import time
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile import brakes, disk, findings, in_use
from glance_cache_nodes.reconcile.apply import Fixer
from glance_cache_nodes.reconcile.checksums import Checksums
from glance_cache_nodes.reconcile.model import Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from glance_cache_nodes.reconcile.disk import Disk
    from glance_cache_nodes.reconcile.findings import Finding
    from glance_cache_nodes.reconcile.model import File, Image, Row
    from glance_cache_nodes.reconcile.record import Record

GRACE = 3.0
"""Seconds for which a file that has just changed is left alone: Glance may add its row yet."""

_WAIT_FOR_ANOTHER_RUN = 60.0


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a run is to do.

    Attributes:
        fix: correct what is found.
        verify: compare also files on record by their hash.
        force: correct whatever the brakes say.
        max_removals: see :func:`brakes.refusal`.
        grace: seconds for which a file that has just changed is left alone.
    """

    fix: bool = False
    verify: bool = False
    force: bool = False
    max_removals: int = brakes.MAX_REMOVALS
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


class Run:
    """One run on one node.

    Args:
        directory: the cache directory.
        record: the node's rows.
        stall_time: seconds after which Glance's cleaner removes a partial file.
        wanted: what to do.
        tell: is given lines of progress.
    """

    def __init__(
        self,
        directory: Path,
        record: Record,
        stall_time: float,
        wanted: Wanted,
        tell: Callable[[str], None],
    ) -> None:
        self._directory, self._record, self._stall_time = directory, record, stall_time
        self._wanted = wanted
        self._checksums = Checksums(tell)

    def do(self) -> Report:
        """Run.

        Raises:
            UserError: the directory or the database cannot be read, or another run does not end.
        """
        if not self._wanted.fix or not disk.exists(self._directory):
            return self._do()
        with in_use.alone(self._directory, _WAIT_FOR_ANOTHER_RUN):
            return self._do()

    def _do(self) -> Report:
        found, here, rows, images = self._look()
        if any(self._is_young(each.case) for each in found):
            time.sleep(self._wanted.grace)
            found, here, rows, images = self._look()
            found = [each for each in found if not self._is_young(each.case)]
        if not here.exists and not rows:
            raise UserError(f"{self._directory} does not exist; is image_cache_dir right?")
        most = self._wanted.max_removals
        refused = brakes.refusal(found, here, rows, images, most)
        if self._wanted.force:
            refused = None
        corrects = self._wanted.fix and refused is None
        fixer = Fixer(self._directory, self._record, self._stall_time) if corrects else None
        found = list(self._again_each(found, fixer))
        checked = len(here.files.keys() | rows.keys())
        return Report(self._record.node, checked, found, self._checksums.unreadable, refused)

    def _look(self) -> tuple[list[Finding], Disk, dict[str, Row], dict[str, Image]]:
        # In this order: an image that has a file or a row then was there before.
        here = disk.read(self._directory)
        rows = self._record.rows()
        image_ids = (here.files.keys() | rows.keys()) - here.links
        images = self._record.images(image_ids)
        cases = [
            self._case(each, here.files.get(each), rows.get(each), images.get(each))
            for each in sorted(image_ids)
        ]
        found = [findings.find(case) for case in (*cases, *map(self._partial, here.partials))]
        return [each for each in found if each], here, rows, images

    def _case(self, image_id: str, file: File | None, row: Row | None, image: Image | None) -> Case:
        right: Callable[[], bool | None] = lambda: None  # noqa: E731
        if file is not None and image is not None:
            right = functools.partial(self._checksums.are_right, file, image)
        verify = self._wanted.verify
        return Case(image_id, file, row, image, has_right_bytes=right, verify=verify)

    def _partial(self, file: File) -> Case:
        is_written = in_use.is_written(file, self._stall_time)
        image_id = disk.image_id_of(file.path) or ""
        return Case(image_id, partial=file, is_written=is_written)

    def _again_each(self, found: Sequence[Finding], fixer: Fixer | None) -> Iterator[Finding]:
        """Compare each finding once more, and correct it if it still holds."""
        for each in found:
            now = self._again(each)
            if now is not None and now.kind is each.kind:
                yield now if fixer is None else _corrected(now, fixer)

    def _again(self, finding: Finding) -> Finding | None:
        old = finding.case
        if old.partial is not None:
            file = disk.look(old.partial.path)
            return findings.find(self._partial(file)) if file else None
        file = disk.cached(self._directory, old.image_id)
        row = self._record.rows([old.image_id]).get(old.image_id)
        image = self._record.images([old.image_id]).get(old.image_id)
        return findings.find(self._case(old.image_id, file, row, image))

    def _is_young(self, case: Case) -> bool:
        file = case.partial or case.file
        # One from the future is not young: a clock was set back, and would keep it so for long.
        return file is not None and 0 <= time.time() - file.changed / 1e9 < self._wanted.grace


def _corrected(finding: Finding, fixer: Fixer) -> Finding:
    try:
        return dataclasses.replace(finding, fixed=finding.kind.fix(fixer, finding.case))
    except OSError as error:
        detail = f"{finding.detail}; not corrected: {error.strerror}"
        return dataclasses.replace(finding, detail=detail)
