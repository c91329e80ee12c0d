# SPDX-License-Identifier: Apache-2.0
"""Ask Glance under a server that operators use: ``python serving.py gunicorn|glance-api URL``.

Run by the matrix in each release's environment. The server is the real command with several
processes; the pipeline is Glance's own without Keystone, and the rule lets everybody pass.
"""

from __future__ import annotations

import collections
import contextlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from glance_cache_nodes.lab import ports

CLIENTS, REQUESTS = 32, 640
BOUND = 60.0  # seconds
HERE = Path(__file__).parent

# In a process of its own, because Glance's configuration is one for a process.
WRITE_SITE = """
import glance_site, images, sys
glance_site.application()
print(images.create({"visibility": "private"}))
"""


def main() -> int:
    """Print one line; return 0 when every request was answered rightly."""
    kind, database = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="glance-cache-nodes-") as name:
        image_id = _write_site(Path(name), database)
        port = ports.pick(1)[0]
        process = _start(kind, Path(name), port)
        try:
            _wait(port, process)
            statuses = _ask_all(port, f"/v2/cache/nodes/{image_id}")
            print(f"{kind}: {dict(statuses)}", flush=True)
            sys.stdin.read()  # the matrix counts the connections while the server runs
        finally:
            _end(process)
    return 0 if statuses == {200: REQUESTS} else 1


def _write_site(directory: Path, database: str) -> str:
    environment = {
        **os.environ,
        "TEST_SITE": str(directory),
        "TEST_DATABASE_URL": database or f"sqlite:///{directory}/glance.sqlite",
        "PYTHONPATH": str(HERE.parent),
    }
    argv = [sys.executable, "-c", WRITE_SITE]
    done = subprocess.run(argv, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    configuration = directory / "glance-api.conf"
    text = configuration.read_text()
    configuration.write_text(text.replace("keystone+cachemanagement", "cachemanagement"))
    (directory / "policy.yaml").write_text('"list_cached_nodes": "@"')
    return done.stdout.split()[-1]


def _start(kind: str, directory: Path, port: int) -> subprocess.Popen[bytes]:
    command = str(Path(sys.executable).with_name(kind))
    if kind == "gunicorn":
        words = ["--workers=2", "--threads=8", f"--bind=127.0.0.1:{port}"]
        words += ["glance.common.wsgi_app:init_app()"]
    else:
        options = f"[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = {port}\nworkers = 2\n"
        (directory / "server.conf").write_text(options)
        words = ["--config-file", str(directory / "glance-api.conf")]
        words += ["--config-file", str(directory / "server.conf")]
        (directory / "server-paste.ini").symlink_to("glance-api-paste.ini")
    with (directory / "server.log").open("wb") as log:
        return subprocess.Popen(
            [command, *words],
            env={**os.environ, "OS_GLANCE_CONFIG_DIR": str(directory)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            _status(port, "/healthcheck")
            return
        time.sleep(0.2)
    raise SystemExit("the server did not come up")


def _ask_all(port: int, path: str) -> collections.Counter[int]:
    with ThreadPoolExecutor(CLIENTS) as clients:
        return collections.Counter(clients.map(lambda _: _status(port, path), range(REQUESTS)))


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    # The whole session: the eventlet server's workers would outlive their parent.
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
