# SPDX-License-Identifier: Apache-2.0
"""The exceptions of the package."""

from __future__ import annotations


class UserError(Exception):
    """What went wrong and what would be right, in one line; commands print it and exit with 1."""


class DatabaseUnavailableError(Exception):
    """The database did not answer within the deadline, or refused to."""


class CallError(UserError):
    """A call of the client to Glance failed.

    Args:
        message: what went wrong and what would be right, in one line.
        status: the HTTP status of the error that Glance answered; None when there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
