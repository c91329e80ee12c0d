# SPDX-License-Identifier: Apache-2.0
"""One line of ``check``: the check, the result and the remedy."""

from __future__ import annotations

import dataclasses

SUCCESS, WARNING, ERROR, UNKNOWN = "success", "warning", "error", "unknown"


@dataclasses.dataclass(frozen=True)
class Line:
    """The result of one check.

    Attributes:
        result: one of the words above.
        detail: what was found.
        remedy: what to do; None where nothing is to be done.
        check: the name of the check; the table gives it.
    """

    result: str
    detail: str
    remedy: str | None = None
    check: str = ""


def success(detail: str) -> Line:
    """Return a line of what is right."""
    return Line(SUCCESS, detail)


def warning(detail: str, remedy: str) -> Line:
    """Return a line of a warning."""
    return Line(WARNING, detail, remedy)


def error(detail: str, remedy: str) -> Line:
    """Return a line of an error."""
    return Line(ERROR, detail, remedy)


def unknown(detail: str, remedy: str) -> Line:
    """Return a line of an unknown result."""
    return Line(UNKNOWN, detail, remedy)
