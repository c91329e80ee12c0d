# SPDX-License-Identifier: Apache-2.0
"""``check``: the table of checks of a node, each with its remedy."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.exception import DatabaseUnavailableError, UserError
from glance_cache_nodes.reconcile.check import (
    credentials,
    directory,
    identity,
    pipeline,
    record,
)
from glance_cache_nodes.reconcile.check.line import ERROR, UNKNOWN, WARNING, Line, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glance_cache_nodes.reconcile.settings import Settings

__all__ = ["CHECKS", "Line", "run", "status"]

_BEFORE = "correct what stands above first"


def _is_this_node(settings: Settings, cloud: str | None) -> Line:
    token, why_not = credentials.token(settings, cloud)
    return identity.is_this_node(settings, token, why_not)


CHECKS: Mapping[str, Callable[[Settings], Line]] = {
    "cache driver": record.has_driver,
    "cache directory": directory.is_usable,
    "file system": directory.is_mounted,
    "disk space": directory.has_space,
    "pruner": directory.is_pruned,
    "cleaner": directory.is_cleaned,
    "cache worker": directory.is_worker_alive,
    "node URL": identity.is_set,
    "node answers": identity.is_up,
    "filter": pipeline.has_filter,
    "database": record.has_tables,
    "record": record.is_registered,
    "sites file": record.has_sites,
    "other nodes": record.are_others_up,
}
"""In the order of the output; ``node identity``, which needs credentials, comes last."""


def run(settings: Settings, cloud: str | None = None) -> list[Line]:
    """Check a node.

    Args:
        settings: the node's.
        cloud: a name in clouds.yaml with credentials; None for those of Glance.

    Returns:
        A line for each check.
    """
    lines = [_one(name, functools.partial(each, settings)) for name, each in CHECKS.items()]
    return [*lines, _one("node identity", functools.partial(_is_this_node, settings, cloud))]


def status(lines: Sequence[Line]) -> int:
    """Return 0 for success, 1 with warnings, 2 with errors; unknown does not count."""
    results = {each.result for each in lines}
    return 2 if ERROR in results else 1 if WARNING in results else 0


def _one(name: str, check: Callable[[], Line]) -> Line:
    try:
        line = check()
    except UserError as problem:
        line = unknown(str(problem), _BEFORE)
    except DatabaseUnavailableError as problem:
        line = unknown(f"the database does not answer: {problem}", _BEFORE)
    except OSError as problem:
        line = Line(UNKNOWN, f"{problem.filename}: {problem.strerror}", _BEFORE)
    except Exception as problem:  # noqa: BLE001 - the other lines stand
        reason = " ".join(f"{type(problem).__name__}: {problem}".split())
        line = unknown(f"unforeseen: {reason}", _BEFORE)
    return dataclasses.replace(line, check=name)
