# SPDX-License-Identifier: Apache-2.0
"""What all tests share: how a run ends, in which order it goes, and what it says meanwhile."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

import progress

# Commands run as users run them, and do not write each piece at once.
os.environ.pop("PYTHONUNBUFFERED", None)

# Files of one group share what takes long to start, so one worker runs them all.
GROUPS = {
    "tests/lab/test_end_to_end.py": "the lab of three nodes",
    "tests/lab/test_lab.py": "the lab of three nodes",
    "tests/lab/test_fleet_on_lab.py": "the lab of three nodes",
    "tests/lab/test_commands_on_many_nodes.py": "the lab of three nodes",
    "tests/lab/test_balancer.py": "the lab of the oldest release",
    "tests/lab/test_release.py": "the lab of the oldest release",
}
# These wait for a server most of the time: one worker takes those of each server.
BY_SERVER = {"tests/databases/test_bad_days.py", "tests/databases/test_connections.py"}
# By what is asked for: whether a file with this text can have such a test.
SELECTED = {
    progress.NOT_SLOW: lambda text: "\npytestmark = pytest.mark.slow\n" not in text,
    "slow": lambda text: "mark.slow" in text,
}
# What takes longest begins first, so that no worker is left with it alone in the end.
LONGEST_FIRST = ("lab", "docs", "databases", "client", "bench")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM end a run as Ctrl-C does, with all servers of the tests; tell of the progress."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell lets its background jobs ignore SIGINT
        signal.signal(number, signal.default_int_handler)
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal and not hasattr(config, "workerinput"):
        config.pluginmanager.register(progress.Progress(config, terminal))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep colons out of the names of tests: gabbi's plugin takes each for one of its own."""
    if item.path.name != "test_contract.py":
        item.name = item.name.replace(":", ";")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file of which no test is asked for."""
    if collection_path.suffix != ".py" or config.option.markexpr not in SELECTED:
        return None
    return not SELECTED[config.option.markexpr](collection_path.read_text()) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    directory = item.path.parent.name
    return LONGEST_FIRST.index(directory) if directory in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give each worker whole files, or groups of them, in their order."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - a release's environment has none

    class ByGroup(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file in BY_SERVER:
                return f"{file} on {re.split('[^a-z]', nodeid.partition('[')[2])[0]}"
            return GROUPS.get(file, file)

    config.option.loadscopereorder = False
    return ByGroup(config, log)
