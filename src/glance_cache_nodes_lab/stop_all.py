# SPDX-License-Identifier: Apache-2.0
"""End every lab in directories and below them: ``python -m glance_cache_nodes_lab.stop_all build``.

``make clean`` runs it before it deletes ``build``. It needs no other package, so it works without
the virtual environment of the labs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import state
from glance_cache_nodes_lab.stop import down

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def main() -> int:
    """Return 1 when a lab cannot be ended, because another command starts or ends it."""
    try:
        for directory in sorted(set(_labs(map(Path, sys.argv[1:])))):
            if stopped := down(directory):
                print(f"stopped {', '.join(stopped)} of the lab in {directory}")  # noqa: T201
    except UserError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _labs(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        for directory, below, files in os.walk(root.resolve()):
            if state.FILE in files and _is_readable(Path(directory)):
                yield Path(directory)
            if {state.FILE, "pyvenv.cfg"} & set(files):
                below.clear()


def _is_readable(directory: Path) -> bool:
    try:
        state.load(directory)
    except UserError as error:  # then nobody can tell what runs
        print(error, file=sys.stderr)  # noqa: T201
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
