# SPDX-License-Identifier: Apache-2.0
"""The exceptions of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


# Of what a message repeats.
MOST_NAMES, MOST_CHARACTERS = 20, 60


class UserError(Exception):
    """What went wrong and what would be right, in one line; commands print it and exit with 2."""


class ByHandError(UserError):
    """An edit of a file is refused, and a person can make it."""

    def __init__(self, message: str, lines: Iterable[str]) -> None:
        super().__init__(message)
        self.lines = tuple(lines)


class DatabaseUnavailableError(Exception):
    """The database did not answer within the deadline, or refused to."""


class RepeatedKeyError(ValueError):
    """An object in a JSON body names a key twice."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The body names the key {name[:MOST_CHARACTERS]!a} twice.")


class SitesError(UserError):
    """The sites file is not as it should be."""


class UnknownSiteError(UserError):
    """No site has this name."""

    def __init__(self, name: str, names: Iterable[str]) -> None:
        known = list(names)
        more = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
        told = ", ".join(known[:MOST_NAMES])
        super().__init__(
            f"There is no site {name[:MOST_CHARACTERS]!r}. The sites are: {told}{more}."
        )


class CallError(UserError):
    """A call of the client to Glance failed.

    Args:
        message: what went wrong and what would be right, in one line.
        status: the HTTP status of the error that Glance answered; None when there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NoSuchCallError(CallError):
    """The Glance node that answered has not got the call; behind a load balancer another may."""


class NotCachedError(CallError):
    """Nodes accepted to cache an image, and do not hold it."""

    def __init__(self, message: str, nodes: tuple[Any, ...]) -> None:
        super().__init__(message)
        self.nodes = nodes


CONNECTION, TLS, TIMEOUT = "connection", "tls", "timeout"
NOT_IN_SITES_FILE = "not_in_sites_file"
"""The codes of a NodeError."""


class NodeError(Exception):
    """Another node gave no answer that can be used.

    Args:
        code: :data:`CONNECTION` for no connection or no HTTP, :data:`TLS`, :data:`TIMEOUT` where
            it may have got the request, or :data:`NOT_IN_SITES_FILE`.
        reason: why, in words for an operator; no secret.
        was_asked: whether a request to it was tried at all.
    """

    def __init__(self, code: str, reason: str, *, was_asked: bool = True) -> None:
        super().__init__(reason)
        self.code, self.was_asked = code, was_asked


class TooManyCallsError(Exception):
    """This process makes as many calls to many nodes as it may at once."""


class NoThreadError(Exception):
    """A thread cannot be started now."""


class SourceError(UserError):
    """A server does not send an image; the text goes on after the server's name."""


class NoAnswerError(SourceError):
    """A server does not answer at all."""


class FillError(Exception):
    """An image could not be filled in; the message says why."""


class FillSourceError(Exception):
    """A node or the store does not give an image, or not all of it.

    Args:
        reason: why.
        asks_again: whether it said so at once and is well, so that it can be asked again soon.
    """

    def __init__(self, reason: str, *, asks_again: bool = False) -> None:
        super().__init__(reason)
        self.asks_again = asks_again


class WrongBytesError(Exception):
    """The bytes of a fill are not the image's."""


class NotPublishedError(Exception):
    """An image was filled in whole and right, and was not cached; the message says why."""


class FillBrokenError(Exception):
    """The fill that a reader followed has ended before its time."""


class LockBusyError(Exception):
    """Another process holds a lock for too long."""
