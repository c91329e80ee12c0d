# SPDX-License-Identifier: Apache-2.0
"""What a command prints: the result to standard output, a word about it to standard error."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import DatabaseUnavailableError, UserError

if TYPE_CHECKING:
    from typing import TextIO


def show(text: str, otherwise: str = "") -> None:
    """Write text to standard output, all of it, before this returns.

    Args:
        text: what to write.
        otherwise: what the user must know if that fails, such as "nothing was changed".

    Raises:
        UserError: standard output is closed or full.
    """
    if not text:
        return
    try:
        _write(text)
    except OSError as error:
        _forget_the_rest(sys.stdout)
        reason = "; ".join(filter(None, (error.strerror, otherwise)))
        raise UserError(f"standard output cannot be written: {reason}") from error
    except KeyboardInterrupt:
        _forget_the_rest(sys.stdout)
        raise


def in_words(error: UserError | DatabaseUnavailableError) -> str:
    """Return why a command could not work."""
    is_database = isinstance(error, DatabaseUnavailableError)
    return f"the database does not answer: {error}" if is_database else str(error)


def tell(line: str) -> None:
    """Write a line to standard error, where that is possible."""
    if sys.stderr is None:  # it was closed when Python started
        return
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        _forget_the_rest(sys.stderr)


def _write(text: str) -> None:
    if sys.stdout is None:  # it was closed when Python started
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    # As the file has it, whatever the locale: ``patch`` takes bytes.
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
    sys.stdout.flush()


def _forget_the_rest(stream: TextIO) -> None:
    # Python would try again at its end to write what is left, and exit with 120.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
