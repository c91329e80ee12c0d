# SPDX-License-Identifier: Apache-2.0
"""The table of docs/databases.md as the tests have just measured it, in ``build/faults/``."""

from __future__ import annotations

import json
from pathlib import Path

from glance_process import Answer

BUILD = Path(__file__).parents[2] / "build" / "faults"


def write(database: str, kind: str, rows: list[tuple[str, Answer]]) -> None:
    """Write a column, and the table of all columns that are there, as Markdown.

    Args:
        database: its name.
        kind: what Glance ran in.
        rows: faults, each with the answer that a call got meanwhile.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    column = {fault: f"{answer.status}, {answer.seconds:.2f} s" for fault, answer in rows}
    (BUILD / f"{database}, {kind}.json").write_text(json.dumps(column))
    (BUILD / "table.md").write_text(_table())


def _table() -> str:
    columns = {path.stem: json.loads(path.read_text()) for path in sorted(BUILD.glob("*.json"))}
    faults = dict.fromkeys(fault for column in columns.values() for fault in column)
    lines = [["fault", *columns], ["---"] * (len(columns) + 1)]
    lines += [[fault, *(each.get(fault, "") for each in columns.values())] for fault in faults]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
