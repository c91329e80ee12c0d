# SPDX-License-Identifier: Apache-2.0
"""A bash that lives as long as a page: what one command sets, the next one finds."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import waiting

_END = "--- end of the command, status "


class Session:
    """One bash.

    Args:
        directory: where it is, and where it keeps the command that it runs.
        environment: all of its environment.
    """

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._command = directory / ".command"
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, command: str, bound: float = waiting.GIVE_UP) -> tuple[str, int]:
        """Run a command; return what it printed, on both streams, and its exit status.

        Raises:
            TimeoutError: it did not end within the bound.
        """
        # A file, so that a quote too many ends with the command and not with the session.
        self._command.write_text(command + "\n")
        line = f". {self._command} </dev/null; s=$?; printf '\\n{_END}%d\\n' $s; (exit $s)\n"
        self._bash.stdin.write(line.encode())
        self._bash.stdin.flush()
        printed, _, status = self._read(bound).rpartition(f"\n{_END}")
        return printed, int(status)

    def close(self) -> None:
        """End it, and whatever it started and left running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()

    def _read(self, bound: float) -> str:
        deadline = time.monotonic() + bound
        printed = b""
        while f"\n{_END}".encode() not in printed or not printed.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._bash.stdout], [], [], left)[0]:
                raise TimeoutError(f"no end within {bound} s; so far: {printed.decode()!r}")
            piece = os.read(self._bash.stdout.fileno(), 1 << 16)
            if not piece:
                raise EOFError(f"the shell ended; it printed {printed.decode()!r}")
            printed += piece
        return printed.decode().replace("\r\n", "\n")
