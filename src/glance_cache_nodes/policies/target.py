# SPDX-License-Identifier: Apache-2.0
"""A policy target that is read from the database only when a rule looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator


class LazyTarget(Mapping[str, object]):
    """Attributes that are loaded at the first look.

    ``role:admin`` never looks, so a caller who is refused by it costs no statement and is
    refused even while the database is down. ``project_id:%(owner)s`` looks.

    Args:
        load: returns the attributes; an empty mapping when the caller may not know of the object.
    """

    def __init__(self, load: Callable[[], Mapping[str, object]]) -> None:
        self._load = load

    def __getitem__(self, key: str) -> object:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __deepcopy__(self, memo: object) -> dict[str, object]:
        # oslo.policy copies the target for rules that ask a remote server (http:, https:).
        return dict(self._load())
