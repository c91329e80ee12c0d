# SPDX-License-Identifier: Apache-2.0
"""What became of one test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One test, or one class that was skipped whole.

    Args:
        test: its name.
        status: ``passed``, ``skipped`` or ``failed``.
        reason: why it was skipped, or the traceback.
    """

    test: str
    status: str
    reason: str
