# SPDX-License-Identifier: Apache-2.0
"""Cells of tables: text in tables, values in JSON, YAML and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cliff.columns import FormattableColumn

if TYPE_CHECKING:
    from datetime import datetime

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000  # as OpenStackClient and rich count


class OrDash(FormattableColumn[Any]):
    """A value that may not be known."""

    def human_readable(self) -> str:
        """Return the value, or a dash."""
        return "-" if self._value is None else str(self._value)


class Bytes(FormattableColumn[Any]):
    """A number of bytes."""

    def human_readable(self) -> str:
        """Return it with a unit, or a dash."""
        return "-" if self._value is None else bytes_text(self._value)


class Holders(FormattableColumn[Any]):
    """The nodes of a site that have an image: as text, and as URLs."""

    def human_readable(self) -> str:
        """Return the text."""
        return str(self._value[0])

    def machine_readable(self) -> list[str]:
        """Return the URLs."""
        return list(self._value[1])


def bytes_text(number: float) -> str:
    """Return a number of bytes with a unit, such as ``20.4 MB``."""
    value, unit = float(number), 0
    # 999.95 would be written as 1000.0.
    while value >= _STEP - 0.05 and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{int(number)} B"


def time_text(when: datetime | None) -> OrDash:
    """Return the cell of a time, which is in UTC."""
    text = None if when is None else when.isoformat(timespec="seconds").replace("+00:00", "Z")
    return OrDash(text)
