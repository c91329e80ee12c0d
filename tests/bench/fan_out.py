# SPDX-License-Identifier: Apache-2.0
"""Calls to many nodes: a real Glance asks nodes on loopback, on real sockets, over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asking
import loopback
import rounds
from asking import Load
from rounds import Ratio

TIMEOUT = 10.0  # seconds: the default of fleet_timeout
LIVE, MIXED = "all live", "a quarter dead, a quarter silent"
CALLERS = {LIVE: (1, 8, 9), MIXED: (1, 8, 9, 20)}  # at once; the default of fleet_calls is 8
SLOWEST, DELAYED, ONE_SILENT = "the slowest of 100 alone", "100, all live", "100, one silent"
ONE_NODE = "one live"
UNCHANGED, CHANGED = "sites file unchanged", "sites file just changed"
ROUNDS = 3
COST_ROUNDS = 7


@dataclass(frozen=True)
class FanOut:
    """What was measured, in rounds.

    Attributes:
        count: how many nodes there are.
        at_once: calls at once, by what the nodes are and how many callers there are.
        single: a call, by what the nodes are or what the sites file is.
        threads: the most that Glance had in all of it, besides those that it has anyway.
        memory: MiB that it had grown by in the end.
    """

    count: int
    at_once: dict[tuple[str, int], list[Load]]
    single: dict[str, list[Load]]
    threads: int
    memory: float

    @property
    def node_cpu(self) -> Ratio:
        """Microseconds of Glance's CPU for each further node of a call."""
        pairs = zip(self.single[LIVE], self.single[ONE_NODE], strict=True)
        return Ratio([(many.cpu - one.cpu) * 1e6 / (self.count - 1) for many, one in pairs])

    @property
    def one_silent_over_slowest(self) -> Ratio:
        """Seconds that a call with one silent node takes beyond the slowest live one."""
        pairs = zip(self.single[ONE_SILENT], self.single[SLOWEST], strict=True)
        return Ratio([silent.slowest - live.slowest for silent, live in pairs])

    @property
    def delayed_over_slowest(self) -> Ratio:
        """How many times a hundred live nodes take as long as the slowest of them."""
        found = (self.single[DELAYED], self.single[SLOWEST])
        return rounds.ratio(*([load.slowest for load in loads] for loads in found))

    def over_deadline(self, callers: int) -> Ratio:
        """Return the seconds beyond the deadline where half of the nodes do not answer."""
        return Ratio([load.slowest - TIMEOUT for load in self.at_once[MIXED, callers]])

    def confirmed(self, callers: int) -> Ratio:
        """Return the percentage of live nodes that callers at once see confirmed, all together."""
        asked = callers * self.count
        loads = self.at_once[LIVE, callers]
        return Ratio([100 * load.outcomes["confirmed"] / asked for load in loads])


def measure(
    progress: Callable[[str], None],
    count: int = 1000,
    times: int = ROUNDS,
    callers: Mapping[str, Sequence[int]] = CALLERS,
    **options: object,
) -> FanOut:
    """Measure all of it.

    Args:
        progress: is given a line for each part.
        count: how many nodes there are.
        times: rounds.
        callers: how many ask at once, by what the nodes are.
        options: of ``[cache_nodes]``, where not the default.
    """
    with loopback.running() as ports:
        live = ports.all_live(count)
        with asking.glance(**options) as glance:
            at_once = {}
            for name, nodes in ((LIVE, live), (MIXED, ports.mixed(count))):
                progress(f"  {count:,} nodes, {name}")
                at_once |= _at_once(glance, name, nodes, callers[name], times)
            progress("  one silent node")
            delayed = ports.delayed()
            hundred = {SLOWEST: delayed[-1:], DELAYED: delayed, ONE_SILENT: ports.one_silent()}
            single = _one_by_one(glance, hundred, times)
            progress("  the cost of a node")
            single |= _one_by_one(glance, {LIVE: live, ONE_NODE: live[:1]}, COST_ROUNDS)
        progress("  a sites file that changes")
        single |= _with_sites(live, times, options)
    most = max(load.threads for loads in at_once.values() for load in loads)
    return FanOut(count, at_once, single, most - glance.threads, glance.grown)


def _at_once(
    glance: asking.Glance, name: str, nodes: list[str], callers: Sequence[int], times: int
) -> dict[tuple[str, int], list[Load]]:
    glance.register(nodes)
    return rounds.alternate({(name, each): partial(glance.ask, each) for each in callers}, times)


def _one_by_one(
    glance: asking.Glance, fleets: Mapping[str, Sequence[str]], times: int
) -> dict[str, list[Load]]:
    def once(nodes: Sequence[str]) -> Load:
        glance.register(nodes)
        return glance.ask()

    return rounds.alternate({name: partial(once, nodes) for name, nodes in fleets.items()}, times)


def _with_sites(nodes: list[str], times: int, options: dict[str, object]) -> dict[str, list[Load]]:
    with tempfile.TemporaryDirectory(prefix="glance-cache-nodes-bench-") as directory:
        file = Path(directory, "sites.yaml")
        file.write_text(loopback.sites_file(nodes))
        with asking.glance(sites_file=str(file), **options) as glance:
            glance.register(nodes)

            def after_a_change() -> Load:
                file.write_text(f"# changed\n{file.read_text()}")
                return glance.ask()

            return rounds.alternate({UNCHANGED: glance.ask, CHANGED: after_a_change}, times)
