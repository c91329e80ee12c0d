# SPDX-License-Identifier: Apache-2.0
"""Remove ``fill/``, where version 0.1 kept its files, once no process of that version uses it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes.cache import layout, locks

if TYPE_CHECKING:
    from pathlib import Path

LOG = log.getLogger(__name__)
_SUFFIXES = {".part", ".lock", ".failed", ".avoid"}


def remove(directory: Path) -> None:
    """Remove the directory, unless a fill of that version runs, or something else lies in it."""
    old = layout.old_fill_dir(directory)
    if old.is_symlink() or not old.is_dir():
        return
    with contextlib.suppress(OSError), contextlib.ExitStack() as held:
        ours = [path for path in old.iterdir() if _is_ours(path)]
        used = [path for path in ours if path.suffix == ".lock" or path.name == "ledger"]
        if not all(locks.lock_if_there(held, path) for path in used):
            return
        for path in ours:
            path.unlink(missing_ok=True)
        old.rmdir()
        LOG.info("%s of an earlier version is removed", old)


def _is_ours(path: Path) -> bool:
    return (path.suffix in _SUFFIXES or path.name == "ledger") and (
        path.is_file() and not path.is_symlink()
    )
