# SPDX-License-Identifier: Apache-2.0
"""Two connections to one SQLite file, as Glance's code opens them through oslo.db.

    python sqlite_program.py CASE FILE

Prints the number in the file, which each case makes 2. It runs in the environment of a release.
"""

from __future__ import annotations

import sys
import threading

import sqlalchemy as sa
from oslo_db.sqlalchemy import engines

from glance_cache_nodes_lab import sqlite

READ, ADD = sa.text("SELECT number FROM numbers"), sa.text("UPDATE numbers SET number = number + 1")


def read_inside_a_read(first, second):
    with first.begin():
        first.execute(READ)
        with second.begin():
            second.execute(READ)
    add_twice(first)


def write_inside_a_read(first, second):
    with first.begin():
        first.execute(READ)
        add_twice(second)


def write_after_another_one_s_write(first, second):
    with first.begin():
        first.execute(READ).all()
        with second.begin():
            second.execute(READ).all()
            second.execute(ADD)
        first.execute(ADD)


def savepoint_after_another_one_s_write(first, second):
    with first.begin():
        first.execute(READ).all()
        with second.begin():
            second.execute(ADD)
        with first.begin_nested():
            first.execute(ADD)


def write_during_another_one_s_write(first, _second):
    def add():
        with first.engine.begin() as of_this_thread:
            of_this_thread.execute(READ).all()
            has_read.set()
            of_this_thread.execute(ADD)

    has_read, other = threading.Event(), threading.Thread(target=add)
    with first.begin():
        first.execute(ADD)
        other.start()
        has_read.wait(sqlite.BUSY_TIMEOUT / 1000)
    other.join()


def add_twice(connection):
    with connection.begin():
        connection.execute(ADD)
        connection.execute(ADD)


CASES = {
    "read inside a read": read_inside_a_read,
    "write inside a read": write_inside_a_read,
    "write after another one's write": write_after_another_one_s_write,
    "savepoint after another one's write": savepoint_after_another_one_s_write,
    "write during another one's write": write_during_another_one_s_write,
}


def main() -> None:
    case, path = sys.argv[1:]
    sqlite.share()
    engine = engines.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE numbers (number integer)"))
        connection.execute(sa.text("INSERT INTO numbers VALUES (0)"))
    with engine.connect() as first, engine.connect() as second:
        CASES[case](first, second)
    with engine.connect() as connection:
        sys.stdout.write(f"{connection.execute(READ).scalar()}\n")


if __name__ == "__main__":
    main()
