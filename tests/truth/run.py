# SPDX-License-Identifier: Apache-2.0
"""``make truth``: the ten wrong records on real Glance nodes, natively and with our commands.

``python tests/truth/run.py [CELL ...]`` where a cell is RELEASE/DATABASE, such as 2024.1/sqlite;
``--cases cj`` for some of them. Writes the table to build/truth.md; with ``--write`` also into
docs/developers/matrix.md. The exit status is 1 when a case was not found or not ended somewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import cases
import servers
import world as worlds

import ended_early
from glance_cache_nodes_lab import environments

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "build/environments"
OWN = "2026.2"
CELLS = ("2024.1/sqlite", "2026.2/sqlite", "2026.2/mariadb", "2026.2/postgresql")
PAGE = ROOT / "docs/developers/matrix.md"
PART = re.compile(r"(<!-- made by make truth -->\n).*?(<!-- end -->\n)", re.DOTALL)


def outcome(case, world) -> tuple[str, str, str]:
    """Return whether native Glance goes on with it, and whether ours finds and ends it."""
    said = ["", "", ""]
    try:
        for place, value in enumerate(case(world)):
            said[place] = "yes" if value else "no"
    except Exception as error:  # noqa: BLE001 - a case that fails is a result
        first = said.index("")
        said[first:] = ["failed"] * (3 - first)
        print(f"    {case.__name__}: {type(error).__name__}: {error}", flush=True)
    return tuple(said)


@contextlib.contextmanager
def world_of(cell: str, nodes: int):
    """Run so many nodes of a cell for the block."""
    release, _, kind = cell.partition("/")
    tell = lambda line: print(f"    {line}", flush=True)  # noqa: E731
    own = release == OWN
    python = None if own else str(environments.python_for(release, ENVIRONMENTS, tell))
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truth-")))
        url = None
        if kind != "sqlite":
            url = stack.enter_context(getattr(servers, kind)()).url("truth")
        words = {"glance_python": python, "database": url, "node_options": cases.OPTIONS}
        lab = worlds.running(directory / "lab", nodes, **words)
        yield stack.enter_context(lab)


def run_cell(cell: str, chosen: str) -> dict[str, tuple[str, str, str]]:
    """Return the outcome of each chosen case on the nodes of a cell."""
    print(f"{cell}", flush=True)
    found = {}
    with world_of(cell, max(cases.NODES[name] for name in chosen)) as world:
        for name in chosen:
            found[name] = outcome(cases.CASES[name], world)
            print(f"  {name}: stays natively, found, ended: {', '.join(found[name])}", flush=True)
    return found


def table(outcomes: dict[str, dict[str, tuple[str, str, str]]]) -> str:
    """Return the table, with its last line."""
    lines = [f"| case | what | stays natively | {' | '.join(outcomes)} |"]
    lines.append("| --- " * (3 + len(outcomes)) + "|")
    chosen = next(iter(outcomes.values()))
    for name in chosen:
        here = [each[name] for each in outcomes.values()]
        native = "yes" if all(each[0] == "yes" for each in here) else "not everywhere"
        ours = [_ours(each) for each in here]
        about = cases.CASES[name].__doc__.partition("\n")[0][3:].rstrip(".").replace("``", "`")
        lines.append(f"| {name} | {about} | {native} | {' | '.join(ours)} |")
    found, ended = (sum(_all(outcomes, name, place) for name in chosen) for place in (1, 2))
    whole = len(chosen)
    return "\n".join([*lines, "", f"{found} of {whole} found, {ended} of {whole} ended"])


def _ours(said: tuple[str, str, str]) -> str:
    words = [word if each == "yes" else f"not {word}" for word, each in zip(WORDS, said[1:])]
    return ", ".join(words)


WORDS = ("found", "ended")


def _all(outcomes: dict[str, dict[str, tuple[str, str, str]]], name: str, place: int) -> bool:
    return all(each[name][place] == "yes" for each in outcomes.values())


def main() -> int:
    """Return the exit status."""
    ended_early.clean_up()
    parser = argparse.ArgumentParser()
    parser.add_argument("cells", nargs="*", default=list(CELLS))
    parser.add_argument("--cases", default="".join(cases.CASES))
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    outcomes = {cell: run_cell(cell, arguments.cases) for cell in arguments.cells}
    text = table(outcomes)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/truth.md").write_text(text + "\n")
    if arguments.write:
        made = PART.sub(lambda part: f"{part[1]}{text}\n{part[2]}", PAGE.read_text())
        PAGE.write_text(made)
    print(text)
    every = [said for each in outcomes.values() for said in each.values()]
    return 0 if set(every) == {("yes",) * 3} else 1


if __name__ == "__main__":
    sys.exit(main())
