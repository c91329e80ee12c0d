# SPDX-License-Identifier: Apache-2.0
"""Connections die one at a time, trickle, hang and are not what they should be."""

from __future__ import annotations

import contextlib
import itertools
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import proxy
import pytest
import sqlalchemy as sa

import pool_questions
from glance_cache_nodes.exception import DatabaseUnavailableError

pytestmark = pytest.mark.slow
SIZE = pool_questions.POOL_SIZE
BOUND = 5.0  # seconds
BUSY = 20.0  # seconds that a busy machine may take on top; what is unbounded takes far longer
DATABASES = map("connections_{}".format, itertools.count())
SLOW = 60  # seconds


@pytest.fixture
def url(server):
    return server.url(next(DATABASES))


def refusal(database, statement=pool_questions.NUMBER, **parameters) -> str:
    """Return what the failure says, which comes within the bound."""
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailableError) as caught:
        database.rows(statement, parameters or {"number": 1})
    assert time.monotonic() - started < BOUND + BUSY
    return str(caught.value)


def slow_query(server):
    is_mariadb = server.kind.package == "mariadb-server"
    return sa.select(sa.func.sleep(SLOW) if is_mariadb else sa.func.pg_sleep(SLOW))


def running_queries(server) -> int:
    """Return how many queries of Glance's user the server is at."""
    if server.kind.package == "mariadb-server":
        sql = "SELECT count(*) FROM information_schema.processlist WHERE user = 'glance'"
        return server.execute(f"{sql} AND command = 'Query'")[0][0]
    sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'glance' AND state = 'active'"
    return server.execute(sql)[0][0]


def test_connections_that_die_one_at_a_time_are_never_more_than_the_pool(server, url) -> None:
    database, stop = pool_questions.database(url), threading.Event()
    right: list[bool] = []

    def ask(number: int) -> None:
        while not stop.is_set():
            right.append(pool_questions.is_right(database, number))

    with ThreadPoolExecutor(SIZE) as callers:
        asking = [callers.submit(ask, number) for number in range(SIZE)]
        most = 0
        for _ in range(20):
            if found := server.execute(server.kind.connections):
                with contextlib.suppress(sa.exc.OperationalError):  # it has gone by itself
                    server.execute(server.kind.kill.format(id=found[0][0]))
            time.sleep(0.2)
            most = max(most, server.connections())
        stop.set()
        for each in asking:
            each.result()
    assert all(right)
    assert 0 < most <= SIZE
    assert server.has_only(SIZE)


def test_an_answer_that_trickles_is_given_up(server, url) -> None:
    with proxy.running(server) as between:
        database = pool_questions.database(proxy.through(url, server, between.port), BOUND)
        assert pool_questions.is_right(database, 1)
        between.pause = 1.0  # a byte: the answer takes more than a minute
        assert "deadline" in refusal(database)
        between.pause = 0.0
        assert pool_questions.is_right(database, 2)


def test_a_handshake_that_trickles_is_given_up(server, url) -> None:
    with proxy.running(server) as between:
        database = pool_questions.database(proxy.through(url, server, between.port), BOUND)
        between.pause = 1.0
        assert refusal(database)
        between.pause = 0.0
        between.reset()
        assert pool_questions.is_right(database, 2)


def test_connections_that_a_proxy_resets_are_replaced_and_not_added(server, url) -> None:
    with proxy.running(server) as between:
        database = pool_questions.database(proxy.through(url, server, between.port), BOUND)
        with ThreadPoolExecutor(SIZE) as callers:
            for number in range(20):
                between.reset()
                ask = callers.map(lambda n: pool_questions.is_right(database, n), range(SIZE))
                assert all(ask), number
        assert server.has_only(SIZE, sa.engine.make_url(url).database)


def test_no_query_is_left_when_its_callers_have_gone(server, url) -> None:
    database, query = pool_questions.database(url, BOUND), slow_query(server)
    with ThreadPoolExecutor(2 * SIZE) as callers:
        list(callers.map(lambda _: refusal(database, query), range(2 * SIZE)))
    assert running_queries(server) == 0
    assert pool_questions.is_right(database, 1)


def test_a_wrong_statement_is_not_told_as_an_outage(url) -> None:
    database = pool_questions.database(url)
    with pytest.raises(sa.exc.ProgrammingError):
        database.rows(sa.text("SELEC 1"), {})
    assert "no_such_table" in refusal(database, sa.text("SELECT * FROM no_such_table"))


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_role_of_init_command_is_kept(server, url) -> None:
    with contextlib.suppress(sa.exc.OperationalError):  # another test has made it
        server.execute("CREATE ROLE reader")
        server.execute("GRANT reader TO glance")
    database = pool_questions.database(f"{url}?init_command=SET+ROLE+reader")
    assert database.rows(sa.text("SELECT CURRENT_ROLE()"), {})[0][0] == "reader"
    assert database.rows(sa.text("SELECT @@max_statement_time"), {})[0][0] > 0


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_a_schema_of_options_is_kept(url) -> None:
    database = pool_questions.database(f"{url}?options=-c%20search_path%3Dcloud")
    assert database.rows(sa.text("SHOW search_path"), {})[0][0] == "cloud"
    assert database.rows(sa.text("SHOW statement_timeout"), {})[0][0] != "0"


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_connection_parameters_reach_the_driver(url) -> None:
    parameters = "init_command=SET @where = 'edge'"
    database = pool_questions.database(url, connection_parameters=parameters)
    assert database.rows(sa.text("SELECT @where"), {})[0][0] == "edge"


class CountingPlugin:
    """A plugin of SQLAlchemy's engine, as DevStack's dbcounter is one."""

    engines = 0

    def __init__(self, url, kwargs) -> None:
        pass

    def update_url(self, url):
        return url.difference_update_query(["plugin"])

    def handle_dialect_kwargs(self, dialect_cls, dialect_args) -> None:
        pass

    def handle_pool_kwargs(self, pool_cls, pool_args) -> None:
        pass

    def engine_created(self, _engine) -> None:
        CountingPlugin.engines += 1


def test_an_engine_plugin_in_the_url_is_loaded(url) -> None:
    sa.dialects.plugins.register("counting", __name__, "CountingPlugin")
    before = CountingPlugin.engines
    assert pool_questions.is_right(pool_questions.database(f"{url}?plugin=counting"), 1)
    assert CountingPlugin.engines == before + 1


class NoDatabase(socketserver.BaseRequestHandler):
    """Speaks HTTP to whoever connects."""

    def handle(self) -> None:
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_a_server_that_is_no_database_is_a_database_failure(server, url) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), NoDatabase) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        text = refusal(pool_questions.database(proxy.through(url, server, other.server_address[1])))
        other.shutdown()
    assert text
    assert "glance:" not in text


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_ca_that_is_missing_is_a_database_failure(url) -> None:
    assert "No such file" in refusal(pool_questions.database(f"{url}?ssl_ca=/missing.pem"))


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
@pytest.mark.parametrize("password", ["p%C3%A4ss-\u2603", "s3cret%2Fwith%40signs", "s3cret with"])
def test_no_part_of_a_password_is_told(password: str, url) -> None:
    text = refusal(pool_questions.database(url.replace("glance:glance@", f"glance:{password}@")))
    assert "s3cret" not in text
    assert "\u2603" not in text


def test_a_timeout_of_the_driver_in_the_url_is_understood(server, url) -> None:
    name = "read_timeout" if server.kind.package == "mariadb-server" else "connect_timeout"
    database = pool_questions.database(f"{url}?{name}=1")
    assert pool_questions.is_right(database, 1)
