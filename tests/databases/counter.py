# SPDX-License-Identifier: Apache-2.0
"""How many statements a database server is sent, counted by the server itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from kinds import MARIADB
from servers import Server


@contextlib.contextmanager
def counting(server: Server) -> Iterator[Callable[[Callable[[], object]], int]]:
    """Give a function that does something and returns how many statements the server got meanwhile.

    On PostgreSQL only the connections that Glance opens in the block are counted.
    """
    total = _mariadb if server.kind is MARIADB else _postgresql

    def count(action: Callable[[], object]) -> int:
        first = total(server)
        before = total(server)
        action()
        return total(server) - before - (before - first)  # less what counting itself sends

    if server.kind is MARIADB:
        yield count
        return
    server.execute("ALTER USER glance SET log_statement = 'all'")
    try:
        yield count
    finally:
        server.execute("ALTER USER glance RESET log_statement")


def _mariadb(server: Server) -> int:
    return int(server.execute("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1])


def _postgresql(server: Server) -> int:
    return server.log.read_text(errors="replace").count("LOG:  statement: ")
