# SPDX-License-Identifier: Apache-2.0
"""reconcile, check and forget beside a database that does not answer: one bound, one line."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from glance.db.sqlalchemy import models

NODE = "http://node1:9292"
MAIN = "import sys; from glance_cache_nodes import cmd; sys.exit(cmd.main())"
COMMANDS = {"check": ["--json"], "reconcile": ["--fix"], "forget": [NODE]}
URLS = {
    "mariadb": "mysql+pymysql://glance:secret@127.0.0.1:{port}/glance",
    "postgresql": "postgresql+psycopg2://glance:secret@127.0.0.1:{port}/glance",
}


def run(root: Path, url: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a node with this database, which it may wait a second for in all."""
    (root / "cache").mkdir(exist_ok=True)
    file = root / "glance-api.conf"
    file.write_text(
        f"[DEFAULT]\nimage_cache_dir = {root}/cache\nworker_self_reference_url = {NODE}\n"
        f"[database]\nconnection = {url}\n[cache_nodes]\ncommand_database_timeout = 1\n"
    )
    words = [command, "--config-file", str(file), *COMMANDS[command]]
    return subprocess.run(
        [sys.executable, "-c", MAIN, *words], capture_output=True, text=True, check=False
    )


def check_told(command: str, done: subprocess.CompletedProcess[str]) -> None:
    """Check that the command says so in words, without the password, and ends with 2."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stdout + done.stderr
    if command == "check":
        lines = {each["check"]: each for each in json.loads(done.stdout)["checks"]}
        assert lines["database"]["result"] == "error"
        assert "does not answer" in lines["database"]["detail"]
        assert lines["cache driver"]["result"] == "success"
    else:
        assert "the database does not answer" in done.stderr


@pytest.fixture
def listening() -> Iterator[Callable[[bytes | None], int]]:
    """Listen at a port: send bytes and close each connection, or for None say nothing."""
    listeners, connections = [], []

    def listen(content: bytes | None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                if content is None:
                    connections.append(connection)
                else:
                    connection.sendall(content)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield listen
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("kind", URLS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_accepts_and_never_answers(
    tmp_path: Path, listening: Callable[[bytes | None], int], command: str, kind: str
) -> None:
    check_told(command, run(tmp_path, URLS[kind].format(port=listening(None)), command))


@pytest.mark.parametrize(
    "content", [b"", b"\x4a\x00\x00\x00\x0a5.5.5-10"], ids=["at once", "middle"]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_closes_the_connection_in_its_handshake(
    tmp_path: Path, listening: Callable[[bytes | None], int], command: str, content: bytes
) -> None:
    check_told(command, run(tmp_path, URLS["mariadb"].format(port=listening(content)), command))


@pytest.mark.slow
def test_options_of_the_url_reach_the_driver_and_a_frozen_server_is_told(tmp_path: Path) -> None:
    with servers.postgresql() as server:
        url = server.url("glance")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA glance_s"))
            connection.execute(sa.text("SET search_path TO glance_s"))
            models.BASE.metadata.create_all(connection)
            connection.execute(
                sa.text("INSERT INTO node_reference (node_reference_url) VALUES (:url)"),
                {"url": NODE},
            )
        engine.dispose()
        told = f"{url}?options=-csearch_path%3Dglance_s&connect_timeout=7"
        assert run(tmp_path, told, "reconcile").returncode == 0
        server.freeze()
        try:
            for command in COMMANDS:
                check_told(command, run(tmp_path, told, command))
        finally:
            server.thaw()
        assert run(tmp_path, told, "forget").returncode in {0, 2}
