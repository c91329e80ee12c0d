# SPDX-License-Identifier: Apache-2.0
"""The table of docs/databases.md as the tests have just measured it, in ``build/faults/``."""

from __future__ import annotations

from pathlib import Path

from glance_process import Answer

BUILD = Path(__file__).parents[2] / "build" / "faults"


def write(database: str, rows: list[tuple[str, Answer]]) -> None:
    """Write one database's rows as Markdown.

    Args:
        database: its name.
        rows: faults, each with the answer that a call got meanwhile.
    """
    lines = ["| fault | status | seconds |", "| --- | --- | --- |"]
    lines += [f"| {fault} | {answer.status} | {answer.seconds:.2f} |" for fault, answer in rows]
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / f"{database}.md").write_text("\n".join(lines) + "\n")
