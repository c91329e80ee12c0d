# SPDX-License-Identifier: Apache-2.0
"""Nodes on loopback, good and bad ones: which there are, and the program that they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import json_lines

DELAYS = [20 + 2 * number for number in range(100)]  # milliseconds, of a hundred live nodes
SILENT = 50  # which of the hundred is silent
NEAR = 4  # sites that each site of the sites file names


@dataclass(frozen=True)
class Ports:
    """Where a node is, on every address of loopback.

    Args:
        live: it answers.
        silent: it takes a connection and says nothing.
        dead: it refuses the connection.
    """

    live: int
    silent: int
    dead: int

    def all_live(self, count: int) -> list[str]:
        """Return the URLs of nodes that answer at once."""
        return [f"{_address(number)}:{self.live}/0" for number in range(count)]

    def mixed(self, count: int) -> list[str]:
        """Return nodes of which half answer, a quarter is dead and a quarter silent, all mixed."""
        kinds = [self.live, self.live, self.dead, self.silent]
        order = sorted(range(count), key=lambda number: number * 7919 % count)
        return [f"{_address(place)}:{kinds[number % 4]}/0" for place, number in enumerate(order)]

    def delayed(self) -> list[str]:
        """Return a hundred nodes that take longer and longer to answer."""
        return [f"{_address(number)}:{self.live}/{wait}" for number, wait in enumerate(DELAYS)]

    def one_silent(self) -> list[str]:
        """Return the same, one of them silent."""
        nodes = self.delayed()
        nodes[SILENT] = f"{_address(SILENT)}:{self.silent}/0"
        return nodes


@contextlib.contextmanager
def running() -> Iterator[Ports]:
    """Run the nodes for the block."""
    with json_lines.running("loopback_program.py") as program:
        yield Ports(*program.read())


def sites_file(nodes: list[str]) -> str:
    """Return a sites file with a site for each node, which names the next ones as near."""
    lines = []
    for number, node in enumerate(nodes):
        near = [f"site{(number + step) % len(nodes)}" for step in range(1, NEAR + 1)]
        lines.append(f"site{number}: {{nodes: ['{node}'], near: [{', '.join(near)}]}}")
    return "\n".join(lines) + "\n"


def _address(number: int) -> str:
    return f"http://127.0.{number // 250 + 1}.{number % 250 + 1}"
