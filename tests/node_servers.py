# SPDX-License-Identifier: Apache-2.0
"""The servers under which a real Glance node runs, each the command that operators use."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import waiting

if TYPE_CHECKING:
    from glance_nodes import Node, Nodes
    from node_settings import Setting

HERE = Path(__file__).parent
APPLICATION = "node_app:application()"
UWSGI = (
    *("--master", "--enable-threads", "--thunder-lock", "--die-on-term", "--need-app"),
    *("--buffer-size=65535", "--lazy-apps"),
)
# Glance's guide for operators has these as well.
UWSGI_OF_THE_GUIDE = (
    *("--http-auto-chunked", "--http-chunked-input", "--http-raw-body", "--socket-timeout=10"),
)


def _cheroot(node: Node, setting: Setting) -> list[str | Path]:
    return [setting.python, "node_app.py", str(node.port), str(setting.threads)]


def _gunicorn(node: Node, setting: Setting) -> list[str | Path]:
    options = [f"--workers={setting.processes or 3}", f"--threads={setting.threads}"]
    options += [f"--bind=127.0.0.1:{node.port}", "--graceful-timeout=1", "--timeout=300"]
    return [setting.python, "-m", "gunicorn.app.wsgiapp", *options, APPLICATION]


def _uwsgi(node: Node, setting: Setting) -> list[str | Path]:
    options = [f"--processes={setting.processes or 2}", f"--threads={setting.threads}"]
    options += [f"--http-socket=127.0.0.1:{node.port}", f"--module={APPLICATION}"]
    return [setting.python.with_name("uwsgi"), *UWSGI, *UWSGI_OF_THE_GUIDE, *options]


def _kolla(node: Node, setting: Setting) -> list[str | Path]:
    """Start uWSGI with the options of Kolla's file: a router in front, and no threads."""
    options = [f"--processes={setting.processes or 2}", "--add-header=Connection: close"]
    options += [f"--http=127.0.0.1:{node.port}", f"--module={APPLICATION}"]
    return [setting.python.with_name("uwsgi"), *UWSGI, *options]


def _glance_api(node: Node, setting: Setting) -> list[str | Path]:
    return [setting.python, "node_app.py", str(node.directory / "glance-api.conf")]


COMMANDS = {
    "cheroot": _cheroot,
    "gunicorn": _gunicorn,
    "uwsgi": _uwsgi,
    "kolla": _kolla,
    "glance-api": _glance_api,
}


def start(nodes: Nodes, node: Node) -> None:
    """Start a node."""
    environment = {**os.environ, "OS_GLANCE_CONFIG_DIR": str(node.directory)}
    if nodes.link.exists():
        environment["TEST_LINK"] = str(nodes.link)
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (HERE, HERE.parent / "src")))
    words = COMMANDS[nodes.setting.server](node, nodes.setting)
    with (node.directory / "server.log").open("ab") as log:
        node.process = subprocess.Popen(
            list(map(str, words)),
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_for(node: Node) -> None:
    """Return when a node answers."""

    def answers() -> bool:
        assert node.process is not None
        assert node.process.poll() is None, (node.directory / "server.log").read_text()[-2000:]
        with contextlib.suppress(OSError):
            return node.call("GET", "/").status == 300
        return False

    assert waiting.until(answers)


def stop(node: Node) -> None:
    """End a node at once, however it is."""
    if node.process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(node.process.pid, signal.SIGKILL)
        node.process.wait()
