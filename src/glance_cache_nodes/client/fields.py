# SPDX-License-Identifier: Apache-2.0
"""The typed fields of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    import requests

_T = TypeVar("_T")


@dataclass(frozen=True)
class Fields:
    """One JSON object of an answer.

    Attributes:
        values: the object.
        where: the URL that gave it.
        what: what it should have been, in the plural, such as "nodes".
    """

    values: dict[str, Any]
    where: str
    what: str

    def get(self, name: str, kind: type[_T]) -> _T | None:
        """Return a field; None if it is null or missing.

        Raises:
            CallError: it is of another type.
        """
        value = self.values.get(name)
        if value is None:
            return None
        # In JSON, and not in Python, a boolean is no number.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error()
        return value

    def need(self, name: str, kind: type[_T]) -> _T:
        """Return a required field.

        Raises:
            CallError: it is not, or is of another type.
        """
        value = self.get(name, kind)
        if value is None:
            raise self.error()
        return value

    def number(self, name: str) -> float | None:
        """Return a field that is a whole number or a fraction, or None."""
        value = self.values.get(name)
        return self.get(name, float) if isinstance(value, float) else self.get(name, int)

    def time(self, name: str) -> datetime | None:
        """Return a field that is a time in UTC, as an aware datetime, or None.

        Raises:
            CallError: it is no time.
        """
        text = self.get(name, str)
        if text is None:
            return None
        try:
            # Python 3.9 does not read the Z.
            read = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as failure:
            raise self.error() from failure
        return read if read.tzinfo else read.replace(tzinfo=timezone.utc)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts.

        Raises:
            CallError: it is something else.
        """
        values = self.need(name, list)
        if not all(isinstance(value, str) for value in values):
            raise self.error()
        return tuple(values)

    def objects(self, name: str) -> list[Fields]:
        """Return a field that is a list of objects.

        Raises:
            CallError: it is something else.
        """
        values = self.need(name, list)
        if not all(isinstance(value, dict) for value in values):
            raise self.error()
        return [Fields(value, self.where, self.what) for value in values]

    def error(self) -> CallError:
        """Return the error for an answer that has another form."""
        return not_of_the_form(self.where, self.what)


def body(response: requests.Response, what: str) -> Fields:
    """Return the object that an answer consists of.

    Args:
        response: the answer.
        what: what it should be, in the plural.

    Raises:
        CallError: it is something else.
    """
    try:
        values = response.json()
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise not_of_the_form(response.url, what)
    return Fields(values, response.url, what)


def not_of_the_form(where: str, what: str) -> CallError:
    """Return the error for an answer that has another form.

    Args:
        where: the URL that gave it.
        what: what it should have been, in the plural.
    """
    path = where.partition("?")[0]
    return CallError(f"{path} answered something else than {what}: is it Glance's endpoint?")
