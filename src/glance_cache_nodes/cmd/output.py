# SPDX-License-Identifier: Apache-2.0
"""What a command prints: the result to standard output, a word about it to standard error."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from glance_cache_nodes.exception import UserError


def show(text: str) -> None:
    """Write text to standard output, all of it, before this returns.

    Raises:
        UserError: standard output is closed or full.
    """
    if not text:
        return
    try:
        _write(text)
    except OSError as error:
        _forget_the_rest()
        reason = f"{error.strerror}; nothing was changed"
        raise UserError(f"standard output cannot be written: {reason}") from error
    except KeyboardInterrupt:
        _forget_the_rest()
        raise


def tell(line: str) -> None:
    """Write a line to standard error, where that is possible."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(line, file=sys.stderr, flush=True)


def _write(text: str) -> None:
    if sys.stdout is None:  # it was closed when Python started
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    # As the file has it, whatever the locale: ``patch`` takes bytes.
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
    sys.stdout.flush()


def _forget_the_rest() -> None:
    # Python would try again at its end to write what is left, and fail with a traceback.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
