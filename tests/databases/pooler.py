# SPDX-License-Identifier: Apache-2.0
"""PgBouncer in front of a PostgreSQL of the tests, with fewer connections than it has clients."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator

import programs
import pytest
from kinds import find
from servers import Server

import waiting
from glance_cache_nodes_lab import ports

CONFIGURATION = """
[databases]
{database} = host=127.0.0.1 port={server} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {directory}/users.txt
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = options
"""


@contextlib.contextmanager
def running(server: Server, database: str) -> Iterator[int]:
    """Run it for the block; give its port."""
    program = find("pgbouncer")
    if not program:
        pytest.skip("no pgbouncer: apt-get install pgbouncer")
    directory, port = server.log.parent, ports.pick(1)[0]
    (directory / "users.txt").write_text('"glance" "glance"\n')
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        CONFIGURATION.format(database=database, server=server.port, port=port, directory=directory)
    )
    programs.hand_over(directory)
    process = programs.start([program, str(configuration)], directory)
    try:
        _wait(port)
        yield port
    finally:
        programs.end(process, signal.SIGTERM)


def _wait(port: int) -> None:
    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    if not waiting.until(listens):
        raise RuntimeError("pgbouncer did not come up")
