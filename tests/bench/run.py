# SPDX-License-Identifier: Apache-2.0
"""``make bench``: measure, print the tables, write ``build/bench.json`` and ``build/bench.md``.

``QUICK=1`` makes the first table alone. The exit status is 1 when a goal is missed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import cloud
import counted
import fan_out
import growth
import kinds
import lookups
import map_page
import over_http
import report
import servers
import workers
from goals import GOALS, Figure, as_json
from rounds import Ratio, of_elapsed

import ended_early

BUILD = Path(__file__).parents[2] / "build"
KINDS = {"SQLite": None, "MariaDB": kinds.MARIADB, "PostgreSQL": kinds.POSTGRESQL}
PROFILED = 500  # calls
QUICK = os.environ.get("QUICK", "") not in {"", "0"}


def main() -> int:
    """Measure on each database that is installed here; return the exit status."""
    ended_early.clean_up()
    tables, figures = report.Tables(), []
    for name, kind in KINDS.items():
        if kind and kind.missing():
            tables.left_out.append(f"{name}: apt-get install {kind.package}")
            continue
        with _server(kind) as server:
            figures += _measure(name, server, tables)
    if not QUICK:
        figures += _fan_out(tables)
    text = tables.text(figures)
    print(f"\n{text}", flush=True)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.md").write_text(text)
    (BUILD / "bench.json").write_text(json.dumps(as_json(figures), indent=1) + "\n")
    return 0 if all(figure.is_reached for figure in figures) else 1


@contextlib.contextmanager
def _server(kind: kinds.Kind | None) -> Iterator[servers.Server | None]:
    if kind is None:
        yield None
        return
    with servers.mariadb() if kind is kinds.MARIADB else servers.postgresql() as server:
        yield server


def _measure(name: str, server: servers.Server | None, tables: report.Tables) -> list[Figure]:
    """Make all tables of one database; return the figures that have a goal."""
    numbers = count(1)

    def new_url() -> str:
        return server.url(f"bench{next(numbers)}") if server else ""

    figure = partial(_figure, name)
    _say(f"{name}: one lookup")
    with workers.running(new_url()) as worker:
        lookup = tables.lookups[name] = lookups.measure(worker, quick=QUICK)
        if not QUICK:
            tables.shares[name] = worker.shares("ours", PROFILED)
    found = [
        figure("native_over_ours", lookup.ratio("native", "ours")),
        figure("native_over_ours_member", lookup.ratio("native", "ours", "member")),
        figure("ours_over_limit", lookup.ratio("ours", "limit")),
        figure("ours_over_rules", lookup.ratio("ours", "rules")),
        figure("ours_over_rules_member", lookup.ratio("ours", "rules", "member")),
    ]
    if QUICK:
        return found
    _say(f"{name}: statements")
    tables.statements[name] = counted.per_request(server)
    found.append(figure("statements_per_request", Ratio([tables.statements[name]["ours"]])))
    found += _growth(name, new_url, tables)
    _say(f"{name}: a page of the map")
    page = tables.map[name] = map_page.measure(new_url)
    found.append(figure("map_over_sql", of_elapsed(page["map"], page["map-sql"])))
    return found + _http(name, new_url(), tables)


def _fan_out(tables: report.Tables) -> list[Figure]:
    _say("many nodes")
    found = tables.fan_out = fan_out.measure(_say)
    return [
        _figure("", "node_cpu", found.node_cpu),
        _figure("", "live_confirmed_8", found.confirmed(8)),
        _figure("", "fan_out_over_deadline", found.over_deadline(1)),
        _figure("", "fan_outs_over_deadline", found.over_deadline(20)),
        _figure("", "verify_over_slowest", found.delayed_over_slowest),
        _figure("", "one_silent_over_slowest", found.one_silent_over_slowest),
    ]


def _growth(name: str, new_url: Callable[[], str], tables: report.Tables) -> list[Figure]:
    _say(f"{name}: growth")
    for sizes in growth.SERIES:
        tables.growth[name, tuple(sizes)] = growth.measure(sizes, new_url, _say)
    series = tables.growth[name, tuple(growth.ROWS)]
    ratio = series.ratio(growth.ROWS[-1], growth.ROWS[0])
    return [_figure(name, "rows_1e7_over_1e3", ratio)]


def _http(name: str, url: str, tables: report.Tables) -> list[Figure]:
    _say(f"{name}: over HTTP")
    with cloud.running(BUILD / "bench" / name.lower(), url or None, _say) as site:
        http = tables.http[name] = over_http.measure(site, _say)
    spread = [load.p99 / load.p50 for load in http.loads["ours", 32]]
    return [
        _figure(name, "http_ours_over_native_8", http.ratio(("ours", 8), ("native", 8), "rate")),
        _figure(name, "poll10_over_ours", http.ratio(("poll10", 1), ("ours", 1), "cpu")),
        _figure(name, "p99_over_p50_32", Ratio(spread)),
    ]


def _figure(database: str, name: str, value: Ratio) -> Figure:
    return Figure(GOALS[name], database, value)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
