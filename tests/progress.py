# SPDX-License-Identifier: Apache-2.0
"""A plugin of pytest: a line when nothing has been printed for long, and what is left out."""

from __future__ import annotations

import collections
import re
import threading
import time

import pytest

SILENCE = 3.0  # seconds without output after which a line is due
NOT_SLOW = "not slow"
_PACKAGES = re.compile(r"apt-get install (.+)")


class Progress:
    """Says which tests run while none ends, also when pytest-xdist runs them elsewhere.

    Args:
        config: pytest's.
        terminal: pytest's own reporter, through which each line goes.
    """

    def __init__(self, config, terminal) -> None:
        self._config = config
        self._terminal = terminal
        self._running: dict[str, float] = {}
        self._done = 0
        self._line_is_begun = False
        self._begin = self._printed = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        self._terminal.flush()  # the head of the run, which waits in a buffer
        self._thread.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = time.monotonic()

    def pytest_runtest_logreport(self, report) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._printed = time.monotonic()
            self._line_is_begun = True

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)
        self._done += 1
        self._line_is_begun = True  # pytest may have ended the line with the percentage

    @pytest.hookimpl(trylast=True)  # pytest-xdist ends its workers first
    def pytest_sessionfinish(self) -> None:
        self._ended.set()
        self._thread.join()

    def pytest_terminal_summary(self, terminalreporter) -> None:
        reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
        missing = _missing(reasons)
        if missing or self._config.option.markexpr == NOT_SLOW:
            terminalreporter.section("left out")
        for package, tests in sorted(missing.items()):
            terminalreporter.write_line(f"{tests} tests that want more: apt-get install {package}")
        if self._config.option.markexpr == NOT_SLOW:
            terminalreporter.write_line("what takes minutes: make test-slow")

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            now = time.monotonic()
            if now - self._printed >= SILENCE:
                self._printed = now
                self._terminal.write("\n" * self._line_is_begun)
                self._line_is_begun = False
                self._terminal.write_line(self._line(now))
                self._terminal.flush()

    def _line(self, now: float) -> str:
        running = list(self._running.items())  # another thread changes it
        tests = [f"{' '.join(name.split())} ({now - since:.0f} s)" for name, since in running]
        at_work = ", ".join(tests) or ("ending" if self._done else "collecting tests")
        return f"[{now - self._begin:.0f} s, {self._done} tests done] {at_work}"


def _missing(reasons: list[str]) -> collections.Counter[str]:
    """Return how many tests are skipped for each package that their reasons tell to install."""
    found = (_PACKAGES.search(reason) for reason in reasons)
    return collections.Counter(each[1] for each in found if each)
