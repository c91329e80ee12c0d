# SPDX-License-Identifier: Apache-2.0
"""A policy target that is read from the database only when a rule looks at it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator

    Load = Callable[[], Mapping[str, object]]


class LazyTarget(Mapping[str, object]):
    """Attributes that are loaded at the first look.

    ``role:admin`` never looks, so a caller who is refused by it costs no statement and is
    refused even while the database is down. ``project_id:%(owner)s`` looks.

    Going through the target shows what has been loaded, and loads nothing: oslo.policy does so to
    write the target of each rule to a log of the level DEBUG.

    Args:
        load: returns the attributes that rules usually look at; an empty mapping when the caller
            may not know of the object.
        load_others: returns all the others. It is called when a rule looks at one.
    """

    def __init__(self, load: Load, load_others: Load = dict) -> None:
        self._load, self._load_others = load, load_others

    def __getitem__(self, key: str) -> object:
        return self._usual[key] if key in self._usual else self._others[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def __deepcopy__(self, memo: object) -> dict[str, object]:
        # oslo.policy copies the target for rules that ask a remote server (http:, https:).
        return {**self._others, **self._usual}

    @functools.cached_property
    def _usual(self) -> Mapping[str, object]:
        return self._load()

    @functools.cached_property
    def _others(self) -> Mapping[str, object]:
        return self._load_others() if self._usual else {}

    def _loaded(self) -> Mapping[str, object]:
        return {**vars(self).get("_others", {}), **vars(self).get("_usual", {})}
