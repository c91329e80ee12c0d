# SPDX-License-Identifier: Apache-2.0
"""``make compare``: plain Glance and Glance with our filters, side by side in each bad case.

``python tests/compare/run.py [--share] [--kinds NAME ...] [--rows WORD ...]``. Writes the table to
``build/compare.md``. The exit status is 1 when Glance with our filters is worse by a rule of
:mod:`compare_rules`. With ``--share`` there is one turn of each case on some servers, and no
seconds decide.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

import compare_rules
import compare_table
import disks
import outcomes
import server_kinds
import sides
from compare_cases import CASES, Case
from compare_table import Line
from outcomes import Outcome
from server_kinds import Kind
from sides import Setup, Side

import ended_early

BUILD = TESTS.parent / "build"
STARTED = time.monotonic()


def main() -> int:
    """Compare; return the exit status."""
    ended_early.clean_up()
    given = _arguments()
    lines = []
    root = Path(tempfile.mkdtemp(prefix="glance-cache-nodes-compare-"))
    root.chmod(0o755)  # as the directories above a cache are
    try:
        for line in _lines(given, root):
            lines.append(line)
            _say(" | ".join(line.cells()))
    finally:
        disks.delete_tree(root)
    text = compare_table.text(lines)
    print(f"\n{text}", flush=True)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "compare.md").write_text(text)
    worse = sum(not line.is_right for line in lines)
    print(f"{len(lines)} rows in {time.monotonic() - STARTED:.0f} s, {worse} worse than natively")
    return 1 if worse else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare with plain Glance.")
    parser.add_argument("--share", action="store_true", help="what fits into 90 s; no seconds")
    names = list(server_kinds.BY_NAME)
    parser.add_argument("--kinds", nargs="*", choices=names, default=names, metavar="NAME")
    parser.add_argument("--rows", nargs="*", default=[], metavar="WORD", help="of their names")
    return parser.parse_args()


def _lines(given: argparse.Namespace, root: Path) -> Iterator[Line]:
    for name in given.kinds:
        kind = server_kinds.BY_NAME[name]
        chosen = [case for case in CASES if _is_chosen(case, kind, given)]
        for setup, cases in itertools.groupby(chosen, key=lambda case: case.setup):
            yield from _on(root, kind, setup, list(cases), is_share=given.share)


def _is_chosen(case: Case, kind: Kind, given: argparse.Namespace) -> bool:
    is_named = not given.rows or any(word in case.name for word in given.rows)
    return is_named and (not given.share or kind.name in case.share)


def _on(
    root: Path, kind: Kind, setup: Setup, cases: list[Case], *, is_share: bool
) -> Iterator[Line]:
    """Compare the cases of one setup on one kind of server."""
    possible = [case for case in cases if not case.missing()]
    for case in cases:
        if case not in possible:
            yield Line(case.name, kind.name, None, None, (case.missing(),))
    if not possible:
        return
    with sides.running(root, kind, setup) as both:
        for case in possible:
            yield _compared(case, kind, both, is_share=is_share)


def _compared(case: Case, kind: Kind, both: tuple[Side, Side], *, is_share: bool) -> Line:
    found: dict[str, list[Outcome]] = {side.name: [] for side in both}
    if case.is_fresh:
        sides.restart(*both)
    for turn in range(1 if is_share else case.turns):
        # In turns, because the machine does other things as well.
        for side in both if turn % 2 else reversed(both):
            if not _is_decided(found[side.name], case.turns):
                found[side.name].append(_turn(case, side, turn, is_share=is_share))
    native, ours = (outcomes.summary(found[side.name]) for side in both)
    broken = compare_rules.broken(
        native, ours, case.demands, capacity=kind.capacity, with_seconds=not is_share
    )
    return Line(case.name, kind.name, native, ours, tuple(broken))


def _turn(case: Case, side: Side, turn: int, *, is_share: bool) -> Outcome:
    measure = case.shorter if is_share and case.shorter else case.measure
    try:
        outcome = measure(side, turn)
    except BaseException:
        _say(f"{case.name}, {side.name}:")
        raise
    side.end_turn(is_stuck=outcome.gave_up)
    return outcome


def _is_decided(turns: Iterable[Outcome], wanted: int) -> bool:
    """Return whether most turns gave up already, each of which takes long."""
    return sum(turn.gave_up for turn in turns) > wanted / 2


def _say(text: str) -> None:
    print(f"{time.monotonic() - STARTED:4.0f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
