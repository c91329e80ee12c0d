# SPDX-License-Identifier: Apache-2.0
"""``paste --in-place`` that cannot print or is interrupted leaves the file and nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paste_command import paste

import waiting
from glance_cache_nodes.cmd import interrupts
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import file as paste_file
from glance_cache_nodes.paste_config import insert
from paste_samples import SHIPPED

# nohup lets its child ignore SIGHUP, and the command leaves that so.
PROGRAM = """
import signal, sys
from glance_cache_nodes import cmd
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.exit(cmd.main())
"""
OTHER_GROUP = 2345
PIPE_SIZE = 65536

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
both = pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a copy of the shipped file, in a directory of its own."""
    copy = tmp_path / "etc" / "glance-api-paste.ini"
    copy.parent.mkdir()
    copy.write_bytes(SHIPPED.read_bytes())
    copy.chmod(0o640)
    return copy


def command(file: Path, *more: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, "paste", str(file), "--in-place", *more]


def run(words: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, check=False, **{"stderr": subprocess.PIPE, "text": True, **more})


def is_untouched(file: Path) -> bool:
    alone = [path.name for path in file.parent.iterdir()] == [file.name]
    return alone and file.read_bytes() == SHIPPED.read_bytes()


def refused(file: Path, error: str) -> bool:
    lines = error.splitlines()
    said = "standard output cannot be written: "
    return is_untouched(file) and len(lines) == 1 and said in lines[0]


@both
def test_a_full_standard_output_changes_nothing(file: Path, more: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(command(file, *more), stdout=full)
    assert done.returncode == 2
    assert refused(file, done.stderr)


@both
def test_a_pipe_that_nobody_reads_changes_nothing(file: Path, more: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(command(file, *more), stdout=writing)
    os.close(writing)
    assert done.returncode == 2
    assert refused(file, done.stderr)


@both
def test_a_closed_standard_output_changes_nothing(file: Path, more: list[str]) -> None:
    words = ["sh", "-c", 'exec "$@" >&-', "sh", *command(file, *more)]
    done = run(words)
    assert done.returncode == 2
    assert refused(file, done.stderr)


def test_a_standard_error_that_cannot_be_written_changes_nothing_about_it(file: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(command(file), stdout=subprocess.PIPE, stderr=full)
    assert done.returncode == 0
    assert file.read_text() == insert(SHIPPED.read_text())


def test_an_encoding_without_the_letters_of_the_file(file: Path) -> None:
    text = file.read_text().replace("[composite:api]", "# Gr\xfc\xdfe\n[composite:api]")
    file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = run(command(file), stdout=subprocess.PIPE, env=environment, encoding="utf-8")
    assert done.returncode == 0
    assert "Gr\xfc\xdfe" in done.stdout
    assert file.read_text(encoding="utf-8") == insert(text)


@contextlib.contextmanager
def stuck(file: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the command while nobody reads what it prints, and wait until it cannot go on.

    Yields:
        The process, and where what it prints can be read.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"." * PIPE_SIZE)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b".")
    os.set_blocking(writing, True)
    words = command(file, *more)
    with subprocess.Popen(words, stdout=writing, stderr=subprocess.PIPE, text=True) as process:
        os.close(writing)
        try:
            while not list(file.parent.glob("*.bak-*")):
                assert process.poll() is None
                time.sleep(0.01)
            yield process, reading
        finally:
            process.kill()
            os.close(reading)


@both
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_file_and_nothing_else(
    file: Path, more: list[str], number: int
) -> None:
    with stuck(file, *more) as (process, _):
        process.send_signal(number)
        error = process.communicate(timeout=waiting.GIVE_UP)[1]
    assert process.returncode == 130
    assert error == "glance-cache-nodes: interrupted\n"
    assert is_untouched(file)


def test_the_file_is_not_replaced_before_the_change_is_printed(file: Path) -> None:
    with stuck(file):
        assert file.read_bytes() == SHIPPED.read_bytes()


def test_a_file_that_somebody_changes_meanwhile_stays_so(file: Path) -> None:
    with stuck(file) as (process, reading):
        file.write_text("# mine\n")
        while os.read(reading, PIPE_SIZE):
            pass
        error = process.communicate(timeout=waiting.GIVE_UP)[1]
    assert process.returncode == 2
    assert error.endswith(": was changed meanwhile and is left so; run this again\n")
    assert file.read_text() == "# mine\n"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_signals_are_held_back_and_then_take_effect() -> None:
    done = []

    def ended() -> None:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("held")

    with pytest.raises(KeyboardInterrupt):
        ended()
    assert done == ["held"]


def test_the_second_signal_does_not_interrupt_what_is_done_about_the_first() -> None:
    done = []
    before = signal.getsignal(signal.SIGTERM)

    def ended() -> None:
        with interrupts.held() as gate:
            try:
                with gate.let_in():
                    os.kill(os.getpid(), signal.SIGTERM)
                    signal.pause()
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                done.append("cleaned")

    with pytest.raises(KeyboardInterrupt):
        ended()
    assert done == ["cleaned"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_came_before_is_let_in() -> None:
    done = []

    def ended() -> None:
        with interrupts.held() as gate:
            os.kill(os.getpid(), signal.SIGINT)
            with gate.let_in():
                done.append("let in")

    with pytest.raises(KeyboardInterrupt):
        ended()
    assert done == []


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.held() as gate, gate.let_in():
            os.kill(os.getpid(), signal.SIGHUP)
        assert not gate.has_waiting
    finally:
        signal.signal(signal.SIGHUP, before)


@as_root
def test_the_group_stays_in_a_directory_with_the_setgid_bit(file: Path) -> None:
    os.chown(file.parent, 0, OTHER_GROUP)
    file.parent.chmod(0o2755)
    os.chown(file, 0, 0)
    assert paste(file, "--in-place") == 0
    found = [path.stat() for path in file.parent.iterdir()]
    kept = [(each.st_uid, each.st_gid, stat.S_IMODE(each.st_mode)) for each in found]
    assert kept == [(0, 0, 0o640)] * 2


def test_no_access_list_comes_from_the_directory(file: Path) -> None:
    # A user of his own may read and write what is made there: (tag, permissions, user).
    entries = [(1, 7, -1), (2, 6, 1), (4, 5, -1), (16, 7, -1), (32, 0, -1)]
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(file.parent, "system.posix_acl_default", packed)
    except OSError as error:
        pytest.skip(f"no access lists here: {error.strerror}")
    assert paste(file, "--in-place") == 0
    assert len(list(file.parent.iterdir())) == 2
    for path in file.parent.iterdir():
        assert paste_file.ACCESS_LIST not in os.listxattr(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_read_only_file_stays_read_only(file: Path) -> None:
    file.chmod(0o400)
    if os.access(file, os.W_OK):  # as root
        assert paste(file, "--in-place") == 0
        assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o400}
    else:
        with pytest.raises(UserError, match="not writable"):
            paste(file, "--in-place")
