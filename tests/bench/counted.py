# SPDX-License-Identifier: Apache-2.0
"""How many statements a request sends, ours and that of the native route."""

from __future__ import annotations

from functools import partial

import counter
import servers
import workers

CALLS = 50
WHAT = ("ours", "native")


def per_request(server: servers.Server | None) -> dict[str, float]:
    """Return the statements of a request.

    Args:
        server: where to count; None for SQLite, which has no server: its connections tell.
    """
    if server is None:
        with workers.running("") as worker:
            return {what: worker.statements(what, CALLS) / CALLS for what in WHAT}
    with counter.counting(server) as count, workers.running(server.url("counted")) as worker:
        for what in WHAT:
            worker.measure(what, CALLS)  # so that the connection is there
        return {what: count(partial(worker.measure, what, CALLS)) / CALLS for what in WHAT}
