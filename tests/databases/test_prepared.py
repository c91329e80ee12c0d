# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL prepares a question once on a connection, and is asked plainly where it cannot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pooler
import pytest
import sqlalchemy as sa

import pool_questions
from glance_cache_nodes.db import drivers, psycopg2_async

BOUND = 5.0  # seconds
QUESTION = "SELECT number, %(word)s || '%%' FROM numbers WHERE number = %(number)s"
PREPARED = "SELECT name FROM pg_prepared_statements"


pytestmark = pytest.mark.parametrize("server", ["postgresql"], indirect=True)


@pytest.fixture
def driver(server):
    return drivers.load(sa.engine.make_url(server.url("prepared")), BOUND)


@pytest.fixture
def connection(server, driver):
    one = driver.connect(BOUND)
    for sql in ("CREATE TABLE numbers (number integer)", "INSERT INTO numbers VALUES (1), (2)"):
        execute(one, sql)
    yield one
    one.close()
    server.execute("DROP DATABASE prepared")


def ask(driver, connection, number=1):
    return driver.fetch(connection, QUESTION, {"word": "it's", "number": number}, BOUND)


def prepared(connection):
    return [name for (name,) in psycopg2_async.fetch(connection, PREPARED, None, BOUND)]


def execute(connection, sql):
    psycopg2_async.run(connection, sql, None, BOUND)


def test_a_question_is_prepared_once_and_answered_for_each_parameter(driver, connection) -> None:
    assert ask(driver, connection, 1) == [(1, "it's%")]
    assert ask(driver, connection, 2) == [(2, "it's%")]
    assert len(prepared(connection)) == 1


def test_a_question_without_parameters_is_prepared_too(driver, connection) -> None:
    sql = "SELECT count(*) FROM numbers"
    assert [driver.fetch(connection, sql, {}, BOUND) for _ in range(2)] == [[(2,)], [(2,)]]
    assert len(prepared(connection)) == 1


@pytest.mark.parametrize(
    "meanwhile",
    ["DEALLOCATE ALL", "DISCARD ALL", "ALTER TABLE numbers ALTER number TYPE bigint"],
)
def test_what_the_server_no_longer_has_prepared_is_asked_plainly(
    meanwhile: str, driver, connection
) -> None:
    ask(driver, connection)
    execute(connection, meanwhile)
    assert ask(driver, connection) == [(1, "it's%")]
    execute(connection, "DEALLOCATE ALL")
    assert ask(driver, connection) == [(1, "it's%")]
    assert prepared(connection) == []


def test_what_another_client_of_a_pooler_has_prepared_is_asked_plainly(driver, connection) -> None:
    ask(driver, connection)
    [name] = prepared(connection)
    other = driver.connect(BOUND)
    execute(other, f"PREPARE {name} AS SELECT 1")
    assert ask(driver, other) == [(1, "it's%")]
    other.close()


def test_callers_behind_a_pooler_get_their_own_answers(server) -> None:
    url = server.url("pooled")
    with pooler.running(server, "pooled") as port:
        database = pool_questions.database(url.replace(f":{server.port}/", f":{port}/"))
        with ThreadPoolExecutor(32) as callers:
            right = callers.map(
                lambda number: pool_questions.is_right(database, number), range(400)
            )
            assert all(right)


def test_an_error_of_the_question_itself_is_told(driver, connection) -> None:
    ask(driver, connection)
    execute(connection, "DROP TABLE numbers")
    with pytest.raises(driver.errors, match="numbers"):
        ask(driver, connection)
