# SPDX-License-Identifier: Apache-2.0
"""What the database server sees of a call."""

from __future__ import annotations

import counter
import glance_process
import pytest
import sqlalchemy as sa

import pool_questions

CALLS = 50


def test_a_call_is_one_statement_on_the_server(server) -> None:
    url = server.url("statements")
    with counter.counting(server) as count, glance_process.running(url) as glance:
        glance.ask()  # so that the connection is there
        assert count(lambda: glance.ask(CALLS)) == CALLS


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_galera_cluster_is_asked_to_wait_for_what_was_committed_elsewhere(server) -> None:
    asked = pool_questions.database(server.url("galera"), mysql_wsrep_sync_wait=1)
    rows = asked.rows(sa.text("SELECT @@SESSION.wsrep_sync_wait"), {})
    assert [tuple(row) for row in rows] == [(1,)]
