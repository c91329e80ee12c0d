# SPDX-License-Identifier: Apache-2.0
"""What differs between MariaDB and PostgreSQL for the tests."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Where Debian puts servers that are not on everybody's path; the newest PostgreSQL comes first.
_ELSEWHERE = ["/usr/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))[::-1])]
MAX_CONNECTIONS = 200


@dataclass(frozen=True)
class Kind:
    """A kind of database server; the statements and URLs hold names in braces to be filled in.

    Args:
        package: what to install where the programs are missing.
        programs: those that are needed.
        initialise: the command that makes a data directory, by that directory.
        serve: the command that serves it, by directory and port.
        end: the signal that stops the server without waiting for its clients.
        admin_url: for the tests, who may do anything.
        user_url: for Glance, which may not.
        create_user: the statement that makes Glance's user.
        create_database: the one that makes a database.
        grant: the one that gives it to Glance's user.
        connections: the one that finds that user's connections: the id and the database of each.
        kill: the one that ends a connection.
        read_only: those that let Glance's user write no more, and again.
    """

    package: str
    programs: tuple[str, ...]
    initialise: Callable[[Path], list[str]]
    serve: Callable[[Path, int], list[str]]
    end: signal.Signals
    admin_url: str
    user_url: str
    create_user: str
    create_database: str
    grant: str
    connections: str
    kill: str
    read_only: tuple[str, str]

    def missing(self) -> list[str]:
        """Return the programs that are not installed."""
        return [name for name in self.programs if not find(name)]


def find(program: str) -> str | None:
    """Return the path of a program, also where Debian puts it apart; None where it is not here."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *_ELSEWHERE]))


def _program(name: str) -> str:
    return find(name) or name


def _install_mariadb(data: Path) -> list[str]:
    return [
        _program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    ]


def _serve_mariadb(data: Path, port: int) -> list[str]:
    return [
        _program("mariadbd"),
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={data}/socket",
        f"--pid-file={data}/pid",
        "--bind-address=127.0.0.1",
        f"--port={port}",
        "--skip-name-resolve",
        f"--max-connections={MAX_CONNECTIONS}",
        "--innodb-flush-log-at-trx-commit=0",
    ]


def _install_postgresql(data: Path) -> list[str]:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    return [_program("initdb"), f"--pgdata={data}", *options]


def _serve_postgresql(data: Path, port: int) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": data,
        "max_connections": MAX_CONNECTIONS,
        "fsync": "off",
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [_program("postgres"), "-D", str(data), *options]


MARIADB = Kind(
    package="mariadb-server",
    programs=("mariadbd", "mariadb-install-db"),
    initialise=_install_mariadb,
    serve=_serve_mariadb,
    end=signal.SIGTERM,
    admin_url="mysql+pymysql://root@127.0.0.1:{port}/mysql",
    user_url="mysql+pymysql://glance:glance@127.0.0.1:{port}/{name}",
    create_user="CREATE USER glance IDENTIFIED BY 'glance'",
    create_database="CREATE DATABASE {name} CHARACTER SET utf8",
    grant="GRANT ALL ON {name}.* TO glance",
    connections="SELECT id, db FROM information_schema.processlist WHERE user = 'glance'",
    kill="KILL {id}",
    read_only=("SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"),
)
POSTGRESQL = Kind(
    package="postgresql",
    programs=("initdb", "postgres"),
    initialise=_install_postgresql,
    serve=_serve_postgresql,
    end=signal.SIGINT,
    admin_url="postgresql+psycopg2://postgres@127.0.0.1:{port}/postgres",
    user_url="postgresql+psycopg2://glance:glance@127.0.0.1:{port}/{name}",
    create_user="CREATE USER glance PASSWORD 'glance'",
    create_database="CREATE DATABASE {name}",
    grant="ALTER DATABASE {name} OWNER TO glance",
    connections="SELECT pid, datname FROM pg_stat_activity WHERE usename = 'glance'",
    kill="SELECT pg_terminate_backend({id})",
    read_only=(
        "ALTER USER glance SET default_transaction_read_only = on",
        "ALTER USER glance RESET default_transaction_read_only",
    ),
)
