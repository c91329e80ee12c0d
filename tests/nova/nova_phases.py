# SPDX-License-Identifier: Apache-2.0
"""What ``make nova`` tries, and what has to come of it."""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nova_boots
import nova_in_process
from nova_cloud import Cloud

import glance_cache_nodes_lab as labs

MANY, FEW = 10, 3
CONTROL, WEIGHER = "scheduler", "scheduler-with-weigher"
HEAD = ("", "boots", "active", "on compute1, 2, 3", "as it should be")


@dataclass(frozen=True)
class Row:
    """What came of a phase.

    Attributes:
        name: for a person.
        boots: how many were asked for.
        hosts: of the guests that run.
        right: whether it is as it should be.
    """

    name: str
    boots: int
    hosts: collections.Counter[str]
    right: bool

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the table's columns."""
        places = ", ".join(str(self.hosts[f"compute{number}"]) for number in (1, 2, 3))
        active = str(sum(self.hosts.values()))
        return (self.name, str(self.boots), active, places, "yes" if self.right else "NO")


def run(cloud: Cloud, python29: Path, say: Callable[[str], None]) -> list[Row]:
    """Try all; return a row for each phase."""
    guests = nova_boots.Guests(cloud)
    rows: list[Row] = []

    def boot(name: str, image: str, count: int, right: Callable[[collections.Counter], bool]):
        say(f"booting: {name}")
        hosts = guests.boot(image, count)
        rows.append(Row(name, count, hosts, sum(hosts.values()) == count and right(hosts)))

    def only(host: str) -> Callable[[collections.Counter], bool]:
        return lambda hosts: set(hosts) == {host}

    def anywhere(*said: str) -> Callable[[collections.Counter], bool]:
        log = cloud.running.log(WEIGHER)
        return lambda _hosts: any(each in log.read_text(errors="replace") for each in said)

    say("booting: without the weigher")
    # Requests that come at once can all get the same host; the next ones see what it has to do.
    parts = [guests.boot("at-edge2", count) for count in (MANY - 2 * FEW, FEW, FEW)]
    hosts = sum(parts, collections.Counter())
    right = sum(hosts.values()) == MANY and len(hosts) > 1
    rows.append(Row("without the weigher, the image at edge2", MANY, hosts, right))
    cloud.running.end(CONTROL)
    cloud.start("nova-scheduler", WEIGHER)
    boot("with it, the image at edge2 (glance_site)", "at-edge2", MANY, only("compute2"))
    boot("at edge1 (availability zone)", "at-edge1", FEW, only("compute1"))
    boot("at edge3's node (glance_node)", "at-edge3", FEW, only("compute3"))
    boot(
        "private image, roles reader and service", "private", FEW, anywhere("or you may not see it")
    )
    cloud.gate.silent = True
    cloud.gate.reset()
    boot("Glance hangs", "at-edge2", FEW, anywhere("in time", "no answer within"))
    cloud.gate.refuse()
    boot("Glance refuses connections", "at-edge2", FEW, anywhere("cannot be reached"))
    cloud.gate.silent = False
    cloud.gate.listen()
    labs.down(cloud.lab.directory, ["node1"])
    boot("the node has gone", "at-edge2", FEW, lambda _hosts: True)
    labs.up(cloud.lab.directory, progress=lambda _: None)
    boot("the node is back", "at-edge2", FEW, only("compute2"))
    say("weighing in process: Nova 29")
    rows += [
        Row(name, 0, collections.Counter(), right)
        for name, right in nova_in_process.weigh(cloud, python29, guests.images)
    ]
    return rows


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
