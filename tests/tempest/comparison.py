# SPDX-License-Identifier: Apache-2.0
"""What is told of two runs: a table, where they differ, and what was skipped."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from pathlib import Path

from outcome import Outcome

THEIRS, OURS = r"tempest\.api\.image", "glance_cache_nodes_tempest"
NAMES = {False: "tempest.api.image", True: "glance_cache_nodes_tempest"}
TITLES = {True: "with the filter", False: "without the filter"}
HEAD = ("tests", "Glance", "results", "passed", "skipped", "failed")


@dataclass(frozen=True)
class Comparison:
    """Both runs.

    Args:
        outcomes: of the nodes with the filter (True), and without it (False).
    """

    outcomes: dict[bool, list[Outcome]]

    def table(self) -> str:
        """Return the numbers as Markdown."""
        rows = [HEAD, ["---"] * len(HEAD)]
        for ours, name in NAMES.items():
            for with_filter, title in TITLES.items():
                counted = _count(self._part(ours, with_filter))
                rows.append([name, title, sum(counted.values()), *counted.values()])
        return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)

    def complaints(self) -> list[str]:
        """Return what must not be, a line each; nothing when all is well."""
        failed = [
            f"failed {TITLES[with_filter]}: {each.test}"
            for with_filter, outcomes in self.outcomes.items()
            for each in outcomes
            if each.status == "failed"
        ]
        left_out = [
            f"skipped, though this lab has all it needs: {each.test}: {each.reason}"
            for each in self._part(ours=True, with_filter=True)
            if each.status == "skipped"
        ]
        return [*self._empty(), *failed, *self.differences(), *left_out]

    def differences(self) -> list[str]:
        """Return the tests of tempest that did not go the same way in both runs."""
        with_it, without = (
            {each.test: each.status for each in self._part(ours=False, with_filter=with_filter)}
            for with_filter in (True, False)
        )
        return [
            f"differs: {test}: {with_it.get(test, 'absent')} with the filter, "
            f"{without.get(test, 'absent')} without"
            for test in sorted({*with_it, *without})
            if with_it.get(test) != without.get(test)
        ]

    def write(self, directory: Path) -> None:
        """Write ``table.md``, ``skipped.txt`` and ``failed.txt`` into the directory."""
        (directory / "table.md").write_text(self.table() + "\n")
        for status in ("skipped", "failed"):
            lines = [
                f"{TITLES[with_filter]}: {each.test}\n    {each.reason}".rstrip()
                for with_filter, outcomes in self.outcomes.items()
                for each in outcomes
                if each.status == status
            ]
            (directory / f"{status}.txt").write_text("".join(f"{line}\n" for line in lines))

    def _empty(self) -> list[str]:
        return [
            f"nothing of {name} passed {title}"
            for ours, name in NAMES.items()
            for with_filter, title in TITLES.items()
            if not _count(self._part(ours, with_filter))["passed"]
        ]

    def _part(self, ours: bool, with_filter: bool) -> list[Outcome]:
        # A class that is skipped whole stands as "setUpClass (its name)".
        return [each for each in self.outcomes[with_filter] if (OURS in each.test) == ours]


def summary(outcomes: list[Outcome]) -> str:
    """Return the numbers of a run in a few words."""
    return ", ".join(f"{number} {status}" for status, number in _count(outcomes).items())


def _count(outcomes: list[Outcome]) -> dict[str, int]:
    counted = collections.Counter(each.status for each in outcomes)
    return {status: counted[status] for status in ("passed", "skipped", "failed")}
