# SPDX-License-Identifier: Apache-2.0
"""The error that a person is meant to read."""

from __future__ import annotations


class UserError(Exception):
    """What went wrong and what would be right, in one line; commands print it and exit with 1."""


class DatabaseUnavailableError(Exception):
    """The database did not answer within the deadline, or refused to."""
