# SPDX-License-Identifier: Apache-2.0
"""Database servers of the tests' own: data in a new directory, a free port on loopback.

pifpaf, pytest-postgresql and pytest-mysql were looked at: none starts both servers as root and as
a normal user, and none freezes a server or starts it again on the same port.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import programs
import pytest
import sqlalchemy as sa
from kinds import MARIADB, POSTGRESQL, Kind

import waiting
from glance_cache_nodes_lab import ports


class Server:
    """A server that can be hurt.

    Args:
        kind: what it is.
        directory: where its data and its log are.

    Attributes:
        port: where it listens; the same one for ever.
    """

    def __init__(self, kind: Kind, directory: Path) -> None:
        self.kind = kind
        self._data = directory / "data"
        self.port = ports.pick(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the data and serve it."""
        programs.run(self.kind.initialise(self._data), self._data.parent)
        self.start()
        self.execute(self.kind.create_user)

    def url(self, name: str) -> str:
        """Create an empty database; return the URL by which Glance's user reaches it."""
        self.execute(self.kind.create_database.format(name=name))
        self.execute(self.kind.grant.format(name=name))
        return self.kind.user_url.format(port=self.port, name=name)

    def execute(self, sql: str) -> list[Any]:
        """Run a statement as the administrator, on a connection of its own; return the rows."""
        url = self.kind.admin_url.format(port=self.port)
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.execute(sa.text(sql))
            return list(result) if result.returns_rows else []

    def start(self) -> None:
        """Serve the data on the port; return when the server answers."""
        command = self.kind.serve(self._data, self.port)
        self._process = programs.start(command, self._data.parent)
        waiting.until(lambda: self._process.poll() is not None or self._answers())
        if not self._answers():
            raise RuntimeError(self.log.read_text())

    def stop(self) -> None:
        """End the server; one that does not run stays so."""
        if self._process:
            programs.end(self._process, self.kind.end)
            self._process = None

    def move(self) -> None:
        """End the server and let another one, on a copy of its data, answer at the same port."""
        self.stop()
        copy = self._data.with_name(f"{self._data.name}-copy")
        subprocess.run(["cp", "-a", self._data, copy], check=True)
        self._data = copy
        self.start()

    def freeze(self) -> None:
        """Stop all its processes in their tracks; the kernel still takes connections for them."""
        programs.signal_all(self._process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        programs.signal_all(self._process, signal.SIGCONT)

    @property
    def log(self) -> Path:
        """The file that it logs to, with what it printed."""
        return self._data.parent / "log"

    def connections(self, name: str = "") -> int:
        """Return how many connections Glance's user has, to this database or to all."""
        return sum(name in ("", found) for _, found in self.execute(self.kind.connections))

    def has_only(self, count: int, name: str = "") -> bool:
        """Wait until Glance's user has no more connections than that; return whether it came so."""
        return waiting.until(lambda: self.connections(name) <= count)

    def kill_connections(self) -> None:
        """End all connections of Glance's user; return when they have gone."""
        self.kill_those_there()
        self.has_only(0)

    def kill_those_there(self) -> None:
        """End the connections that Glance's user has now; clients may open others meanwhile."""
        for number, _ in self.execute(self.kind.connections):
            with contextlib.suppress(sa.exc.OperationalError):  # it has gone by itself
                self.execute(self.kind.kill.format(id=number))

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except sa.exc.OperationalError:
            return False
        return True


def mariadb() -> contextlib.AbstractContextManager[Server]:
    """Run a MariaDB for the block."""
    return _running(MARIADB)


def postgresql() -> contextlib.AbstractContextManager[Server]:
    """Run a PostgreSQL for the block."""
    return _running(POSTGRESQL)


@contextlib.contextmanager
def _running(kind: Kind) -> Iterator[Server]:
    if missing := kind.missing():
        pytest.skip(f"no {' and '.join(missing)}: apt-get install {kind.package}")
    directory = Path(tempfile.mkdtemp(prefix="glance-cache-nodes-db-"))
    programs.hand_over(directory)
    server = Server(kind, directory)
    try:
        server.create()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory)
