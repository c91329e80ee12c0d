# SPDX-License-Identifier: Apache-2.0
"""How SQLite reads a page of the map; ``make bench`` measures it on the other databases."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
import webob

import glance_site
import images
import statements

MAP = "/v2/cache/images"


@pytest.fixture(scope="module", autouse=True)
def _rows() -> None:
    """Write some rows: of an empty table there are no statistics."""
    glance_site.application()
    for _ in range(3):
        images.create({"visibility": "public"})


def get(path: str) -> webob.Response:
    request = webob.Request.blank(path, headers={"X-Auth-Token": "admin"})
    return request.get_response(glance_site.call)


@pytest.mark.parametrize("query", ["limit=1000", "leftover=true", "node=http://a"])
def test_a_page_reads_no_more_of_a_table_than_it_shows(query: str) -> None:
    url = glance_site.CONF.database.connection
    with statements.sent() as sent:
        assert get(f"{MAP}?{query}").status_int == 200
    steps = plan_at_size(url.removeprefix("sqlite:///"), sent[-1])
    # A Bloom filter is filled from all rows of a table.
    assert [each for each in steps if "BLOOM" in each or "SCAN" in each] == ["SCAN page"]


def plan_at_size(path: str, statement: str) -> list[str]:
    """Return SQLite's plan for a statement at a million records of 100,000 images."""
    with (
        contextlib.closing(sqlite3.connect(path)) as original,
        contextlib.closing(sqlite3.connect(":memory:")) as large,
    ):
        original.backup(large)
        large.execute("ANALYZE")
        sizes = {"images": 100_000, "cached_images": 1_000_000, "node_reference": 100}
        for table, rows in sizes.items():
            large.execute(
                "UPDATE sqlite_stat1 SET stat = ? || substr(stat, instr(stat, ' ')) WHERE tbl = ?",
                (str(rows), table),
            )
        large.execute("ANALYZE sqlite_schema")  # reads the changed statistics
        rows = large.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    return [row[-1] for row in rows]
