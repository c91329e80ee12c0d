# SPDX-License-Identifier: Apache-2.0
"""The bound on the database, and the statement that is sent to it."""

from __future__ import annotations

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import webob

import glance_site
import images
import pool_questions
import statements
from glance_cache_nodes.db.database import Database
from glance_cache_nodes.exception import DatabaseUnavailableError

BOUND = 0.5  # seconds, where the driver's own is 5


def database(path) -> Database:
    """Return a database with a short bound on a SQLite file."""
    return pool_questions.database(f"sqlite:///{path}", BOUND)


def select(path) -> list[tuple]:
    """Read the table as a caller does who waits for a lock as long as the driver does."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM a").fetchall()


def test_a_locked_database_costs_no_more_than_the_bound(tmp_path) -> None:
    path = tmp_path / "a.sqlite"
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("CREATE TABLE a (b)")
    locked = database(path)
    assert locked.rows(sa.text("SELECT * FROM a"), {}) == []  # the first connection takes long
    blocker.execute("BEGIN EXCLUSIVE")
    with ThreadPoolExecutor(1) as other:
        without_bound = other.submit(select, path)
        with pytest.raises(DatabaseUnavailableError, match="locked"):
            locked.rows(sa.text("SELECT * FROM a"), {})
        assert not without_bound.done()
        blocker.execute("ROLLBACK")
        assert without_bound.result() == []
    blocker.close()
    assert locked.rows(sa.text("SELECT * FROM a"), {}) == []


def test_a_missing_table_is_told_in_the_driver_s_words_without_the_statement(tmp_path) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        database(tmp_path / "a.sqlite").rows(
            sa.text("SELECT * FROM away WHERE b = :b"), {"b": "a secret"}
        )
    assert "no such table: away" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["mysql+pymysql//glance:secret@db/glance", "nonsense://glance:secret@db/glance", ""]
)
def test_a_url_of_no_driver_is_told_without_its_password(url: str, caplog) -> None:
    with pytest.raises(DatabaseUnavailableError, match="connection names no database") as caught:
        pool_questions.database(url).rows(sa.text("SELECT 1"), {})
    assert "secret" not in str(caught.value) + caplog.text


@pytest.mark.parametrize(("token", "number"), [("admin", 1), ("member", 0)])
def test_one_statement_a_request_and_none_for_a_refused_caller(token: str, number: int) -> None:
    image_id = images.of_every_kind()["private"]
    with statements.sent() as sent:
        request = webob.Request.blank(
            f"/v2/cache/nodes/{image_id}", headers={"X-Auth-Token": token}
        )
        request.get_response(glance_site.call)
    assert len(sent) == number


def test_a_record_written_elsewhere_is_seen_by_the_next_call() -> None:
    image_id = images.create({"visibility": "private", "nodes": ()})

    def nodes() -> list[str]:
        request = webob.Request.blank(
            f"/v2/cache/nodes/{image_id}", headers={"X-Auth-Token": "admin"}
        )
        return request.get_response(glance_site.call).json["cached_nodes"]

    assert nodes() == []
    images.record(image_id, "http://node3:9292")
    assert nodes() == ["http://node3:9292"]
