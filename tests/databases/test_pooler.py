# SPDX-License-Identifier: Apache-2.0
"""Behind PgBouncer each statement of a connection may reach another one of the server's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pooler
import pytest

import pool_questions


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_callers_behind_a_pooler_get_their_own_answers(server) -> None:
    url = server.url("pooled")
    with pooler.running(server, "pooled") as port:
        database = pool_questions.database(url.replace(f":{server.port}/", f":{port}/"))
        with ThreadPoolExecutor(32) as callers:
            right = callers.map(
                lambda number: pool_questions.is_right(database, number), range(400)
            )
            assert all(right)
