# SPDX-License-Identifier: Apache-2.0
"""The table of findings: name, description, test and correction.

The tests are pure. They are tried in the order of the table, and the first that holds names the
finding.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.reconcile import checksums
from glance_cache_nodes.reconcile.apply import Fixer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.reconcile.case import Case

_NANOSECONDS = 10**9
_EPOCH = datetime.datetime(1970, 1, 1)  # Glance keeps UTC without a zone


@dataclasses.dataclass(frozen=True)
class Kind:
    """A row of the table.

    Attributes:
        name: as JSON has it.
        test: returns what is wrong in detail; None when nothing is.
        fix: corrects it.
        removes: whether the correction takes a row or a cached file away.
    """

    name: str
    test: Callable[[Case], str | None]
    fix: Callable[[Fixer, Case], bool]
    removes: bool = True


@dataclasses.dataclass(frozen=True)
class Finding:
    """A difference between disk and record.

    Attributes:
        kind: which one.
        case: where it was found.
        detail: in words.
        fixed: whether it has been corrected.
    """

    kind: Kind
    case: Case
    detail: str
    fixed: bool = False

    def as_json(self) -> dict[str, object]:
        """Return it as ``--json`` prints it."""
        file = self.case.partial or self.case.file
        return {
            "finding": self.kind.name,
            "image_id": self.case.image_id,
            "path": str(file.path) if file else None,
            "detail": self.detail,
            "fixed": self.fixed,
        }


def find(case: Case) -> Finding | None:
    """Return what is wrong with this image on this node; None when nothing is."""
    for kind in TABLE:
        detail = kind.test(case)
        if detail is not None:
            return Finding(kind, case, detail)
    return None


def _stale_partial(case: Case) -> str | None:
    """A partial file that nobody writes."""
    if case.partial is None or case.is_written:
        return None
    return f"{case.partial.size} bytes of an unfinished transfer that nobody writes"


def _deleted_image(case: Case) -> str | None:
    """A file or a row of an image that Glance has deleted or purged."""
    if (case.file is None and case.row_size is None) or (case.image and not case.image.is_gone):
        return None
    what = "Glance has deleted the image" if case.image else "Glance has no such image"
    having = [
        word
        for word, each in (("file", case.file is not None), ("row", case.row_size is not None))
        if each
    ]
    return f"{what}; this node keeps its {' and '.join(having)}"


def _missing_file(case: Case) -> str | None:
    """A row without a file."""
    if case.row_size is None or case.file is not None:
        return None
    return f"the record says {case.row_size} bytes; there is no file"


def _reused_id(case: Case) -> str | None:
    """A file of an earlier image with this ID."""
    wrong = (_wrong_length(case) or _wrong_checksum(case)) if _is_older(case) else None
    return f"the file is older than the image of this ID; {wrong}" if wrong else None


def _wrong_length(case: Case) -> str | None:
    """A file of another length than the image."""
    size = case.image.known_size if case.image else None
    if case.file is None or size is None or case.file.size == size:
        return None
    return f"the file has {case.file.size} bytes, the image {size}"


def _wrong_checksum(case: Case) -> str | None:
    """A file of the right length with other bytes."""
    if case.file is None or case.image is None or case.image.known_size is None:
        return None
    if not (case.row_size is None or case.verify or _is_older(case)):
        return None
    name = checksums.name_of_strongest(case.image)
    if name is None or case.has_right_bytes() is not False:
        return None
    return f"the file has another {name} than the image"


def _missing_row(case: Case) -> str | None:
    """A file that is the image, without a row."""
    if case.row_size is not None or case.file is None or case.image is None:
        return None
    if case.image.known_size is None:
        return None
    name = checksums.name_of_strongest(case.image)
    if name is None:
        return "the record lacks it; the image has no hash, so only the length was compared"
    return f"the record lacks it; its {name} is the image's" if case.has_right_bytes() else None


def _wrong_size_in_row(case: Case) -> str | None:
    """A right file whose row has another size."""
    if case.row_size is None or case.file is None or case.row_size == case.file.size:
        return None
    if case.image is None or case.image.known_size is None:
        return None
    if case.verify and case.has_right_bytes() is None and checksums.name_of_strongest(case.image):
        return None
    return f"the record says {case.row_size} bytes, the file has {case.file.size}"


def _is_older(case: Case) -> bool:
    """Return whether the file was written before the second in which the image was created.

    In whole seconds, because MariaDB keeps no others: a copy that is written in the second of the
    creation is one of this image.
    """
    if case.file is None or case.image is None or case.image.created_at is None:
        return False
    created = (case.image.created_at - _EPOCH) // datetime.timedelta(seconds=1)
    return case.file.written // _NANOSECONDS < created


TABLE: Sequence[Kind] = (
    Kind("stale_partial", _stale_partial, Fixer.remove_partial, removes=False),
    Kind("deleted_image", _deleted_image, Fixer.remove_both),
    Kind("missing_file", _missing_file, Fixer.remove_row),
    Kind("reused_id", _reused_id, Fixer.remove_both),
    Kind("wrong_length", _wrong_length, Fixer.remove_both),
    Kind("wrong_checksum", _wrong_checksum, Fixer.remove_both),
    Kind("missing_row", _missing_row, Fixer.add_row, removes=False),
    Kind("wrong_size_in_row", _wrong_size_in_row, Fixer.correct_size, removes=False),
)
