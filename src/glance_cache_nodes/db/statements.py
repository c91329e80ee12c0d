# SPDX-License-Identifier: Apache-2.0
"""A SQLAlchemy statement in the words of one driver, made once instead of for every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Compiled:
    """A statement as a driver takes it.

    Args:
        statement: the statement, without parameters that stand for a list of values.
        dialect: what SQLAlchemy knows of the driver.

    Attributes:
        sql: the text.
    """

    def __init__(self, statement: Any, dialect: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql: str = compiled.string
        self._constants: Mapping[str, object] = compiled.params
        # Some drivers take parameters by place, some by name.
        self._order: list[str] | None = compiled.positiontup if compiled.positional else None

    def fill(self, parameters: Mapping[str, object]) -> Any:
        """Return the parameters as the driver takes them: a tuple or a dict."""
        named = {**self._constants, **parameters}
        return named if self._order is None else tuple(named[name] for name in self._order)
