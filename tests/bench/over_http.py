# SPDX-License-Identifier: Apache-2.0
"""Throughput and latency over HTTP: our call, Glance's own, and asking each of N nodes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cloud
import proc
import rounds

CLIENTS = (1, 8, 32)
# Of all clients together in a round, by what they ask and how many they are.
CALLS = {
    "ours": {1: 200, 8: 1600, 32: 3200},
    "native": {1: 50, 8: 400, 32: 800},
    "poll3": {1: 40, 8: 160, 32: 256},
    "poll10": {1: 20, 8: 48, 32: 96},
}
POLLS = (3, 10)
BOUND = 300  # seconds for one load


@dataclass(frozen=True)
class Load:
    """What one round of one load gave.

    Args:
        rate: answers a second.
        p50: the latency of the middle call, in milliseconds.
        p99: the latency that one call of a hundred is above, in milliseconds.
        cpu: milliseconds of the servers' CPU a call.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True)
class Http:
    """The figures on one database.

    Args:
        loads: by name (``ours``, ``native``, ``poll3``, ``poll10``) and number of clients.
        memory: megabytes of two Glance processes after the loads, by name.
    """

    loads: dict[tuple[str, int], list[Load]]
    memory: dict[str, float]

    def ratio(self, one: tuple[str, int], other: tuple[str, int], what: str) -> rounds.Ratio:
        """Return how many times a figure of one load is that of another."""
        found = [[getattr(load, what) for load in self.loads[key]] for key in (one, other)]
        return rounds.ratio(*found)


def measure(site: cloud.Cloud, progress: Callable[[str], None]) -> Http:
    """Put all loads on the cloud, side by side.

    Raises:
        RuntimeError: an answer was not 200.
    """
    call = f"/v2/cache/nodes/{site.image_id}"
    loads: dict[tuple[str, int], list[Load]] = {}
    for clients in CLIENTS:
        progress(f"  over HTTP, {clients} clients")
        asked = {"ours": [site.ours + call], "native": [site.native + call]}
        asked |= {f"poll{n}": [url + "/v2/cache" for url in site.nodes[:n]] for n in POLLS}
        found = _side_by_side(site, asked, clients)
        loads |= {(name, clients): found[name] for name in asked}
    sizes = {name: proc.memory(site.pids[getattr(site, name)]) for name in ("ours", "native")}
    return Http(loads, sizes)


def _side_by_side(
    site: cloud.Cloud, asked: dict[str, list[str]], clients: int
) -> dict[str, list[Load]]:
    return rounds.alternate(
        {
            name: partial(_load, site, asked[name], clients, CALLS[name][clients] // clients)
            for name in asked
        }
    )


def _load(site: cloud.Cloud, urls: Sequence[str], clients: int, calls: int) -> Load:
    wanted = {"clients": clients, "calls": calls, "token": site.token, "urls": urls}
    pids = {site.pids[url[: -len(_path(url))]] for url in urls}
    before = sum(map(proc.cpu, pids))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("load.py"))],
        input=json.dumps(wanted),
        stdout=subprocess.PIPE,
        text=True,
        timeout=BOUND,
        check=True,
    )
    said = json.loads(done.stdout)
    if said["errors"]:
        raise RuntimeError(f"{said['errors']} answers of {urls[0]} were not 200")
    latencies = [seconds * 1e3 for seconds in said["latencies"]]
    return Load(
        rate=len(latencies) / said["seconds"],
        p50=statistics.median(latencies),
        p99=statistics.quantiles(latencies, n=100)[98],
        cpu=(sum(map(proc.cpu, pids)) - before) * 1e3 / len(latencies),
    )


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
