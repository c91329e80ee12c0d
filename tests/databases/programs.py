# SPDX-License-Identifier: Apache-2.0
"""Programs that run without privileges, and signals to all of their processes."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import waiting


def run(command: list[str], directory: Path) -> None:
    """Run a command in the directory until it ends; its output goes to the log there."""
    with (directory / "log").open("ab") as log:
        subprocess.run(command, check=True, timeout=waiting.GIVE_UP, **_how(directory, log))


def start(command: list[str], directory: Path) -> subprocess.Popen[bytes]:
    """Start a command in the directory; its output goes to the log there.

    It ends with this process, also when that is killed: pytest-xdist does so to its workers.
    """
    ending = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    with (directory / "log").open("ab") as log:
        return subprocess.Popen([*ending, *command], **_how(directory, log))


def hand_over(directory: Path) -> None:
    """Give a directory to the user as whom the programs run."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)


def signal_all(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and its children."""
    if process.poll() is not None:
        return
    # The parent comes first: when it is stopped it has no new children. PostgreSQL puts each
    # into a session of its own, so that no process group holds them all.
    process.send_signal(number)
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Ask a process to end, also a frozen one; kill it and its children when it does not."""
    signal_all(process, signal.SIGCONT)
    process.send_signal(number)
    try:
        process.wait(waiting.GIVE_UP)
    except subprocess.TimeoutExpired:
        signal_all(process, signal.SIGKILL)
        process.wait()


def _how(directory: Path, log: Any) -> dict[str, Any]:
    how = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": directory}
    if os.geteuid() != 0:
        return how
    # PostgreSQL refuses to run as root.
    nobody = pwd.getpwnam("nobody")
    return {**how, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
