# SPDX-License-Identifier: Apache-2.0
"""Glance in a process of its own, that measures itself.

``python worker.py ROWS NODES_PER_IMAGE NODES`` fills the database that TEST_DATABASE_URL names,
says so, and answers each line of JSON on its standard input with one on its standard output:
``{"what": "ours", "calls": 300, "caller": "admin"}`` makes so many calls of that pipeline.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import sys
import time
from typing import Any

import content
import map_page
import pipelines
import profiled
import webob

import glance_site
import statements

UNTOUCHED = "/v2/schemas/image"
ELSEWHERE = {"untouched", "untouched-native"}


def main() -> None:
    """Obey the lines of standard input."""
    rows, nodes_per_image, nodes = map(int, sys.argv[1:])
    del sys.argv[1:]  # Glance would take them for its own
    glance_site.application()
    sys.excepthook = sys.__excepthook__  # Glance's tells its log only
    filled = content.fill(glance_site.CONF.database.connection, rows, nodes_per_image, nodes)
    pages = map_page.paths()
    paths = itertools.cycle([f"/v2/cache/nodes/{image_id}" for image_id in filled])
    _say({"images": len(filled)})
    for line in sys.stdin:
        wanted = json.loads(line)
        if "explain" in wanted:
            _say(content.explain(glance_site.CONF.database.connection, filled[0]))
            continue
        if wanted["what"] == "map-sql":
            _say(_measure_rows(pages, wanted["calls"]))
            continue
        asked = itertools.repeat(UNTOUCHED) if wanted["what"] in ELSEWHERE else paths
        asked = pages if wanted["what"] == "map" else asked
        # Loaded here: what that costs is no part of a call.
        application = pipelines.application(wanted["what"], wanted["caller"])
        measure = functools.partial(_measure, application, wanted["caller"], asked)
        if wanted.get("profile"):
            measure(wanted["calls"])
            _say(profiled.shares(functools.partial(measure, wanted["calls"])))
            continue
        with statements.sent() if wanted.get("count") else contextlib.nullcontext([]) as sent:
            figures = measure(wanted["calls"])
        _say({**figures, "statements": len(sent)})


def _measure(application: Any, caller: str, paths: Any, calls: int) -> dict[str, float]:
    """Return seconds a call, elapsed and of this process's CPU."""
    environs = [dict(_environ(path, caller)) for path in itertools.islice(paths, calls)]
    statuses = set()

    def start_response(status: str, *_rest: Any) -> None:
        statuses.add(status)

    elapsed, cpu = time.perf_counter(), time.process_time()
    for environ in environs:
        b"".join(application(environ, start_response))
    elapsed, cpu = time.perf_counter() - elapsed, time.process_time() - cpu
    if statuses != {"200 OK"}:
        raise SystemExit(f"unexpected answers: {statuses}")
    return {"elapsed": elapsed / calls, "cpu": cpu / calls}


def _measure_rows(paths: Any, calls: int) -> dict[str, float]:
    """Return seconds for the rows of a page, elapsed and of this process's CPU."""
    read = _bare_page()
    elapsed, cpu = time.perf_counter(), time.process_time()
    for path in itertools.islice(paths, calls):
        if not read(path):
            raise SystemExit(f"no rows for {path}")
    elapsed, cpu = time.perf_counter() - elapsed, time.process_time() - cpu
    return {"elapsed": elapsed / calls, "cpu": cpu / calls}


@functools.cache
def _bare_page() -> Any:
    return map_page.bare_page(glance_site.CONF.database.connection)


@functools.lru_cache(maxsize=4096)
def _environ(path: str, caller: str) -> dict[str, Any]:
    headers = {"X-Auth-Token": caller, "User-Agent": "bench"}
    return webob.Request.blank(path, headers=headers).environ


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
