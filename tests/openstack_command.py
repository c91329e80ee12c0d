# SPDX-License-Identifier: Apache-2.0
"""The command ``openstack``, each time in a fresh process that need not import it again.

The imports take fifty times what the command does. So one process makes them, and forks for each
command: what differs from a person's shell is only who has imported.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import logging
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STREAMS = ("stdout", "stderr")
_ONE_AT_A_TIME = threading.Lock()


def run(
    words: list[str], home: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the command, and return how it ended.

    Args:
        words: after ``openstack``.
        home: where it runs.
        environment: all of it.
    """
    with tempfile.TemporaryDirectory() as directory, _ONE_AT_A_TIME:
        _server().send((words, home, dict(environment), directory))
        status = _server().recv()
        printed = [Path(directory, name).read_text() for name in _STREAMS]
    return subprocess.CompletedProcess(["openstack", *words], status, *printed)


@functools.cache
def _server() -> Any:
    """Return the connection to the process that forks; it ends with this one."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    context.Process(target=_serve, args=(theirs,), name="openstack").start()
    theirs.close()
    atexit.register(ours.close)
    return ours


def _serve(connection: Any) -> None:
    from openstackclient import shell  # noqa: PLC0415 - here and nowhere else

    with contextlib.redirect_stdout(io.StringIO()):
        shell.main(["cache", "nodes", "list", "--help"])
    # Each shell makes its own, and would find those of this one.
    logging.getLogger().handlers.clear()
    context = multiprocessing.get_context("fork")
    with contextlib.suppress(EOFError):
        while True:
            process = context.Process(target=_in_child, args=(shell.main, *connection.recv()))
            process.start()
            process.join()
            connection.send(process.exitcode)


def _in_child(
    main: Any, words: list[str], home: Path, environment: dict[str, str], directory: str
) -> None:
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(_STREAMS, 1):
        file = os.open(Path(directory, name), os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["openstack", *words]
    sys.exit(main(words))
