# SPDX-License-Identifier: Apache-2.0
"""Run tempest, and read what it says test by test."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import subunit
import testtools
import workspace
from outcome import Outcome

TEMPEST = Path(sys.executable).with_name("tempest")
BOUND = 900  # seconds for one run, which takes a tenth of it on a machine that is idle
ERRORS = "stderr.log"
WORDS = {"success": "passed", "skip": "skipped"}
ATTRIBUTES = re.compile(r"\[.*\]$")


def of_run(directory: Path, select: str, each: Callable[[Outcome], None]) -> list[Outcome]:
    """Run the tests that the expression selects, one after another; return what became of them.

    Args:
        directory: the workspace.
        select: a regular expression.
        each: is called with each outcome when it is there.
    """
    outcomes: list[Outcome] = []

    def note(test: dict) -> None:
        if test["status"] != "exists":
            outcomes.append(_outcome(test))
            each(outcomes[-1])

    words = ["run", "--config-file", workspace.CONFIGURATION, "--serial", "--subunit"]
    stream = testtools.StreamToDict(note)
    with _tempest(directory, [*words, "--regex", select]) as output:
        stream.startTestRun()
        subunit.ByteStreamToStreamResult(output, non_subunit_name="output").run(stream)
        stream.stopTestRun()
    return outcomes


@contextlib.contextmanager
def _tempest(directory: Path, words: list[str]) -> Iterator:
    # The caller's own cloud (OS_*) is not the lab's; HOME, because tempest writes there.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    with (
        (directory / ERRORS).open("wb") as errors,
        subprocess.Popen(
            [TEMPEST, *words],
            cwd=directory,
            env={**kept, "HOME": str(directory), "no_proxy": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        bound = threading.Timer(BOUND, _end, [process.pid])
        bound.start()
        try:
            yield process.stdout
        finally:
            bound.cancel()
            _end(process.pid)


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _outcome(test: dict) -> Outcome:
    details = {name: content.as_text() for name, content in test["details"].items()}
    said = details.get("reason") or details.get("traceback") or ""
    status = WORDS.get(test["status"], "failed")
    return Outcome(ATTRIBUTES.sub("", test["id"]), status, said.strip())
