# SPDX-License-Identifier: Apache-2.0
"""What may befall a database: each is a block, in which it lasts and after which it is over."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import sqlalchemy as sa
from kinds import MAX_CONNECTIONS
from servers import Server

SLOW = 2.0  # seconds


@contextlib.contextmanager
def stopped(server: Server, _url: str) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextlib.contextmanager
def restarted(server: Server, _url: str) -> Iterator[None]:
    server.stop()
    server.start()
    yield


@contextlib.contextmanager
def failed_over(server: Server, _url: str) -> Iterator[None]:
    server.move()
    yield


@contextlib.contextmanager
def connections_killed(server: Server, _url: str) -> Iterator[None]:
    server.kill_connections()
    yield


@contextlib.contextmanager
def frozen(server: Server, _url: str) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextlib.contextmanager
def frozen_without_connection(server: Server, url: str) -> Iterator[None]:
    server.kill_connections()
    with frozen(server, url):
        yield


@contextlib.contextmanager
def slow_to_connect(server: Server, _url: str) -> Iterator[None]:
    """Let new connections wait as long as a server on a busy machine may let them."""
    server.kill_connections()
    server.freeze()
    thaw = threading.Timer(SLOW, server.thaw)
    thaw.start()
    try:
        yield
    finally:
        thaw.join()


@contextlib.contextmanager
def out_of_connections(server: Server, url: str) -> Iterator[None]:
    server.kill_connections()
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(sa.exc.OperationalError):
            for _ in range(MAX_CONNECTIONS + 1):
                taken.enter_context(engine.connect())
        yield


@contextlib.contextmanager
def read_only(server: Server, _url: str) -> Iterator[None]:
    begin, finish = server.kind.read_only
    server.execute(begin)
    server.kill_connections()  # PostgreSQL tells only new ones
    try:
        yield
    finally:
        server.execute(finish)
        server.kill_connections()


@contextlib.contextmanager
def table_away(_server: Server, url: str) -> Iterator[None]:
    _execute(url, "ALTER TABLE cached_images RENAME TO away")
    try:
        yield
    finally:
        _execute(url, "ALTER TABLE away RENAME TO cached_images")


@contextlib.contextmanager
def table_locked(_server: Server, url: str) -> Iterator[None]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    mysql = engine.dialect.name == "mysql"
    with engine.connect() as connection:
        lock = "LOCK TABLES images WRITE" if mysql else "LOCK TABLE images"
        connection.execute(sa.text(lock))
        yield


def _execute(url: str, sql: str) -> None:
    with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
        connection.execute(sa.text(sql))
