# SPDX-License-Identifier: Apache-2.0
"""Run the programs of the lab: arguments, environment, and the message of a failure."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab.process import Process, spawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from glance_cache_nodes_lab.state import Service

PREFIX = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \d+ [A-Z]+ \S+( \[.*?\])?")
PACKAGE = "glance_cache_nodes_lab"


def service(python: str, each: Service) -> Process:
    """Start Keystone or a node on its port, in the background, and return its process."""
    kind = "keystone" if each.name == "keystone" else "glance"
    argv = [python, "-m", f"{PACKAGE}.serve", kind, str(each.port)]
    configuration = {f"OS_{kind.upper()}_CONFIG_DIR": str(each.directory)}
    return spawn(argv, _environment(configuration), each.log)


@contextlib.contextmanager
def step(
    python: str, module: str, words: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a step of the setup while the block runs, which calls ``finish``; kill it at the end."""
    log.touch(mode=0o600)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            [python, "-m", f"{PACKAGE}.{module}", *words],
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def finish(process: subprocess.Popen[bytes], what: str, log: Path) -> None:
    """Wait for a step.

    Raises:
        UserError: it failed.
    """
    if process.wait():
        raise UserError(f"{what} failed: {last_words(log)}; see {log}")


def last_words(log: Path) -> str:
    """Return the last line of a log that is not empty, without oslo.log's prefix."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    said = (PREFIX.sub("", line).strip() for line in reversed(lines))
    return next(filter(None, said), "it logged nothing")


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    # The caller's own cloud (OS_*) is not the lab's, and no proxy reaches loopback. A directory
    # named glance where the command was typed must not be taken for Glance (PYTHONSAFEPATH).
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    fixed = {"PYTHONSAFEPATH": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**kept, **fixed, **changes}
