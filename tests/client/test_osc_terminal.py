# SPDX-License-Identifier: Apache-2.0
"""The commands on a terminal: the live display, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import canned_glance as canned
import image_servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

A = "http://edge1-a:9292"
OPENSTACK = Path(sys.executable).with_name("openstack")


@contextlib.contextmanager
def on_a_terminal(
    home: Path, endpoint: str, arguments: Sequence[str]
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a command whose standard input and error are a terminal of its own."""
    auth = ["--os-auth-type", "admin_token", "--os-token", canned.TOKEN, "--os-endpoint", endpoint]
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [OPENSTACK, *auth, "cache", "nodes", *arguments],
        cwd=home,
        env={"HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "80"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield running, ours
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
        os.close(ours)


def read_until(terminal: int, wanted: str = "nothing of what is printed") -> str:
    """Return what is printed until a text has come, or the terminal is closed."""
    read = b""
    with contextlib.suppress(OSError):  # Linux says so when the other side has closed it.
        while wanted.encode() not in read:
            read += os.read(terminal, 4096)
    return read.decode()


def test_queue_wait_shows_bytes_and_rate_and_ends_with_ctrl_c(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    looks: list[int] = []

    def answer(_: canned.Asked) -> canned.Answer:
        looks.append(1)
        return canned.detail((A, "caching"), size=len(looks) * 1_000_000)

    glance.answers["PUT", canned.NODES_PATH] = canned.results((A, "queued"))
    glance.answers["GET", f"{canned.NODES_PATH}/detail"] = answer
    image = {"id": canned.IMAGE_ID, "status": "active", "size": 100_000_000}
    glance.answers["GET", f"/v2/images/{canned.IMAGE_ID}"] = canned.body(image)
    arguments = ["queue", canned.IMAGE_ID, "--all", "--wait", "-f", "json"]
    with on_a_terminal(tmp_path, glance.url, arguments) as (running, terminal):
        shown = read_until(terminal, "MB/s")
        running.send_signal(signal.SIGINT)
        shown += read_until(terminal)
        assert (running.wait(), running.stdout.read()) == (130, b"")
    assert A in shown
    assert "/100.0 MB" in shown
    assert "Interrupted; the nodes continue with accepted images." in shown
    assert "Traceback" not in shown
    assert canned.TOKEN not in shown


def test_save_ends_with_ctrl_c_and_nothing_is_left(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    hold = threading.Event()
    with image_servers.serve(hold=hold) as node:
        image_servers.say(glance, node.url)
        file = tmp_path / "saved" / "f"
        file.parent.mkdir()
        arguments = ["save", image_servers.IMAGE, "--file", str(file), "--progress"]
        with on_a_terminal(tmp_path, glance.url, arguments) as (running, terminal):
            shown = read_until(terminal, "MB")
            assert [each.name for each in file.parent.iterdir()] == ["f.part"]
            running.send_signal(signal.SIGINT)
            shown += read_until(terminal)
            assert (running.wait(), running.stdout.read()) == (130, b"")
        hold.set()
    assert list(file.parent.iterdir()) == []
    assert "Interrupted: nothing is saved." in shown
    assert "Traceback" not in shown
