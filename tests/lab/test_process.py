# SPDX-License-Identifier: Apache-2.0
"""Processes are ended for certain, and only the right ones."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path

import pytest

from glance_cache_nodes_lab import process

STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def start(argv, log):
    return process.spawn(argv, dict(os.environ), log)


def test_a_process_is_in_a_session_of_its_own_and_ends_when_asked(log):
    one = start(["/bin/sleep", "60"], log)
    assert process.is_running(one)
    assert os.getsid(one.pid) == one.pid
    process.stop([one])
    assert not process.is_running(one)


def test_a_recycled_pid_is_not_killed(log):
    stranger = start(["/bin/sleep", "60"], log)
    gone = dataclasses.replace(stranger, started="another boot/1")
    assert not process.is_running(gone)
    process.stop([gone])
    assert process.is_running(stranger)
    process.stop([stranger])


def test_one_that_does_not_listen_is_killed(log, monkeypatch):
    monkeypatch.setattr(process, "TERM_BOUND", 0.2)
    one = start(STUBBORN, log)
    while "deaf" not in log.read_text():
        time.sleep(0.01)
    process.stop([one])
    assert not process.is_running(one)


def test_one_that_ended_by_itself_does_not_run(log):
    one = start(["/bin/sh", "-c", "echo said"], log)
    while process.is_running(one):
        time.sleep(0.01)
    assert log.read_text() == "said\n"


THREAD_THAT_OUTLIVES_MAIN = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("the main thread ends", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_one_whose_main_thread_ended_first_still_runs(log):
    one = start([sys.executable, "-c", THREAD_THAT_OUTLIVES_MAIN], log)
    state = Path(f"/proc/{one.pid}/stat")
    while state.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert process.is_running(one)
    process.stop([one])
    assert not process.is_running(one)
