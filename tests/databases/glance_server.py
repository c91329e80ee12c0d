# SPDX-License-Identifier: Apache-2.0
"""A handle on Glance under a server that operators use, asked over HTTP.

The server is the real command of an environment; the pipeline is Glance's own without Keystone, and
the rule lets everybody pass.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import server_commands
from glance_process import Answer

import waiting
from glance_cache_nodes_lab import ports

TESTS = Path(__file__).parents[1]
# In a process of its own, because Glance's configuration is one for a process.
WRITE_SITE = """
import glance_site, images
glance_site.application()
print(images.create({"visibility": "private"}))
"""


class Server:
    """Glance behind a port; ``log`` is what it logged during the last calls.

    Args:
        process: the command that runs; its children are in its session.
        port: where it listens.
        site: the directory with its configuration and its logs.
        image_id: of the image that is asked for.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], port: int, site: Path, image_id: str
    ) -> None:
        self.process = process
        self.log = ""
        self._port = port
        self._site = site
        self._image_id = image_id

    def ask(self, calls: int = 1, threads: int = 1) -> list[Answer]:
        """Make so many calls, so many at once."""
        before = len(self._logged())
        path = f"/v2/cache/nodes/{self._image_id}"
        with ThreadPoolExecutor(threads) as clients:
            answers = list(clients.map(functools.partial(_answer, self._port), [path] * calls))
        self.log = self._logged()[before:]
        return answers

    def wait(self) -> None:
        """Return when it answers.

        Raises:
            RuntimeError: it ended, or it does not come up.
        """
        waiting.until(lambda: self.process.poll() is not None or self._answers())
        if not self._answers():
            raise RuntimeError(f"the server did not come up: {self._logged()[-500:]}")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            _answer(self._port, "/healthcheck")
            return True
        return False

    def _logged(self) -> str:
        logs = [self._site / name for name in ("server.log", "glance-api.log")]
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())


def write_site(python: Path, directory: Path, url: str) -> str:
    """Configure this Python's Glance on the database; return the id of an image there."""
    environment = {"TEST_SITE": str(directory), "TEST_DATABASE_URL": url, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [str(python), "-c", WRITE_SITE],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.split()[-1]


def let_everybody_in(site: Path) -> None:
    """Take Keystone out of the site's pipeline and write a rule that lets everybody pass."""
    configuration = site / "glance-api.conf"
    text = configuration.read_text()
    configuration.write_text(text.replace("keystone+cachemanagement", "cachemanagement"))
    (site / "policy.yaml").write_text('{"list_cached_nodes": "@", "get_image": "@"}')


@contextlib.contextmanager
def running(
    name: str, python: Path, site: Path, image_id: str, workers: int = 2
) -> Iterator[Server]:
    """Run the server of this name, from this Python's environment, for the block."""
    port = ports.pick(1)[0]
    program, *words = server_commands.BY_NAME[name](site, port, workers)
    with (site / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [str(python.with_name(program)), *words],
            env={**os.environ, "OS_GLANCE_CONFIG_DIR": str(site)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        server = Server(process, port, site, image_id)
        server.wait()
        yield server
    finally:
        _end(process)


def _answer(port: int, path: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=waiting.GIVE_UP)
    started = time.monotonic()
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    is_json = response.headers.get_content_type() == "application/json"
    seconds, body = time.monotonic() - started, json.loads(text) if is_json else {}
    return Answer(seconds, response.status, response.headers.get("Retry-After"), body)


def _end(process: subprocess.Popen[bytes]) -> None:
    # The whole session: the eventlet server's workers would outlive their parent.
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, number)
            process.wait(15)
