# SPDX-License-Identifier: Apache-2.0
"""``make site``: two sites of three and two nodes behind a slow link, natively and with cache_fill.

Prints the table and writes it to ``build/site.md``. The exit status is 1 when a goal is missed.
``SERVER`` is cheroot (threads), gunicorn, uwsgi or glance-api; ``DATABASE`` is sqlite or mariadb.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
for name in ("", "databases"):
    sys.path.insert(0, str(TESTS / name))

import kinds
import measure
import servers
import table

import ended_early
import glance_nodes

BUILD = TESTS.parent / "build"
SERVER = os.environ.get("SERVER", "cheroot")
DATABASE = os.environ.get("DATABASE", "sqlite")


def main() -> int:
    """Measure both, and compare; return the exit status."""
    ended_early.clean_up()
    with _directory() as root, _databases() as database:
        found = {
            name: _measure(root / name, database(name), fill=fill)
            for name, fill in (("native", False), ("fill", True))
        }
    goals = table.goals(found["native"], found["fill"])
    text = f"Server {SERVER}, database {DATABASE}.\n\n" + table.text(
        found["native"], found["fill"], goals
    )
    print(f"\n{text}", flush=True)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "site.md").write_text(text)
    return 0 if all(goal.is_reached for goal in goals) else 1


def _measure(root: Path, database: str, *, fill: bool) -> measure.Figures:
    print(f"make site: {'with cache_fill' if fill else 'natively'}", flush=True)
    root.mkdir()
    with glance_nodes.running(
        root, [3, 2], fill=fill, rate=measure.RATE, server=SERVER, database=database
    ) as nodes:
        return measure.figures(nodes)


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="glance-cache-nodes-site-"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def _databases() -> Iterator:
    """Yield what returns the URL of an empty database; "" stands for a file of the nodes' own."""
    if DATABASE == "sqlite":
        yield lambda _name: ""
        return
    missing = kinds.MARIADB.missing()
    if missing:
        sys.exit(f"{', '.join(missing)} is missing: apt-get install {kinds.MARIADB.package}")
    with servers.mariadb() as server:
        yield server.url


if __name__ == "__main__":
    sys.exit(main())
