# SPDX-License-Identifier: Apache-2.0
"""The live display of transfers on a terminal, by rich."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glance_cache_nodes.osc.transfers import Show, Transfer


@contextlib.contextmanager
def display(stream: TextIO) -> Iterator[Show]:
    """Give a function that shows transfers, as ``progress.shown_on`` does.

    Args:
        stream: a terminal.
    """
    columns = (
        # Names come from elsewhere: what looks like markup in them is none.
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        TextColumn("{task.fields[state]}", markup=False),
        BarColumn(bar_width=12),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(file=stream), expand=True) as shown:
        in_all = shown.add_task("", state="", total=None, visible=False)

        def show(transfers: Sequence[Transfer]) -> None:
            for each in transfers:
                _update(shown, tasks, each)
            done = sum(each.is_done for each in transfers)
            totals = [each.total for each in transfers]
            shown.update(
                in_all,
                description=f"{done} of {len(transfers)} done",
                completed=sum(each.size or 0 for each in transfers),
                total=None if None in totals else sum(filter(None, totals)),
                visible=len(transfers) > 1,
            )

        yield show


def _update(shown: Progress, tasks: dict[str, TaskID], transfer: Transfer) -> None:
    if transfer.name not in tasks:
        tasks[transfer.name] = shown.add_task(transfer.name, state=transfer.state, total=None)
    shown.update(
        tasks[transfer.name],
        state=transfer.state,
        completed=transfer.size or 0,
        total=transfer.total,
        visible=not transfer.is_done,  # so that the ones that go on are seen on a small terminal
    )
