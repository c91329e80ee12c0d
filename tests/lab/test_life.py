# SPDX-License-Identifier: Apache-2.0
"""A lab from its first start to its end; one lab, so the tests go on from each other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from lab_command import COMMAND, run_lab

from glance_cache_nodes_lab import load, up
from glance_cache_nodes_lab.directory import LOCK
from glance_cache_nodes_lab.ports import HOST

pytestmark = pytest.mark.slow
WITHOUT_CACHE = {1: {"DEFAULT": {"image_cache_dir": None}, "paste_deploy": {"flavor": "keystone"}}}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    directory = tmp_path_factory.mktemp("life") / "lab"
    directory.mkdir()
    directory.chmod(0o755)  # as one that somebody made beforehand
    yield directory
    run_lab("down", directory)


def running(home):
    told = json.loads(run_lab("status", home, "--json").stdout)
    return [each["name"] for each in told["services"] if each["state"] == "running"]


def processes_of(home):
    """Return the processes that were given a configuration directory in this lab."""
    mark = f"CONFIG_DIR={home}/".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # gone by now, or of another user
            if mark in environment.read_bytes():
                found.append(environment.parent.name)
    return found


def test_an_interrupted_start_leaves_nothing_running(home):
    argv = [COMMAND, "lab", "up", "--dir", home, "--nodes", "1"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        while "starting node1" not in process.stderr.readline():
            pass
        process.terminate()
        assert process.stderr.read().splitlines()[-1] == "glance-cache-nodes: interrupted"
    assert processes_of(home) == []


def test_up_begins_anew_tells_each_step_and_gives_a_node_its_options(home):
    ports, lines = [each.port for each in load(home).services], []
    state = up(home, 1, node_options=WITHOUT_CACHE, progress=lines.append)
    assert lines[0].endswith("setting up Keystone and Glance: configuration, databases, keys")
    assert lines[-1].endswith("ready")
    assert ports != [each.port for each in state.services]
    assert "\nimage_cache_dir" not in (state.nodes[0].directory / "glance-api.conf").read_text()
    assert running(home) == ["keystone", "node1"]


def test_in_a_directory_that_was_there_all_is_for_its_owner_only(home):
    readable = {path.name for path in home.iterdir() if path.stat().st_mode & 0o077}
    assert (home / "glance.sqlite").is_file()
    assert readable == {LOCK}  # which is empty


def test_one_service_is_stopped_and_the_rest_goes_on(home):
    assert run_lab("down", home, "node1").stdout == "stopped node1\n"
    assert running(home) == ["keystone"]
    assert run_lab("status", home).returncode == 1


def test_up_resumes_on_the_same_ports_and_adds_nodes(home):
    before = load(home)
    done = run_lab("up", home, "--nodes", "2", "--without-filter")
    assert done.returncode == 0, done.stderr
    after = load(home)
    assert after.keystone == before.keystone
    assert after.nodes[0].port == before.nodes[0].port
    assert "lab-node2" in after.clouds_file.read_text()
    assert "cache_nodes" not in (after.nodes[1].directory / "glance-api-paste.ini").read_text()
    assert running(home) == ["keystone", "node1", "node2"]


def test_a_node_that_was_killed_is_seen_and_started_again(home):
    killed = load(home).nodes[1].process
    os.kill(killed.pid, signal.SIGKILL)
    while "node2" in running(home):
        pass
    assert run_lab("up", home).returncode == 0
    assert running(home) == ["keystone", "node1", "node2"]


def test_fewer_nodes_are_refused(home):
    done = run_lab("up", home, "--nodes", "1")
    assert done.returncode == 2
    assert "has 2 nodes and cannot shrink to 1" in done.stderr.splitlines()[-1]


def test_another_database_is_refused(home):
    done = run_lab("up", home, "--database", "mysql+pymysql://127.0.0.1/glance")
    assert done.returncode == 2
    assert "has another database" in done.stderr.splitlines()[-1]


def test_down_leaves_no_process_and_a_second_one_is_no_error(home):
    assert processes_of(home)
    assert run_lab("down", home).stdout == "stopped keystone, node1, node2\n"
    assert processes_of(home) == []
    done = run_lab("down", home)
    assert (done.returncode, done.stdout) == (0, "nothing was running\n")


def test_a_port_that_was_taken_is_named_and_nothing_stays_running(home):
    node = load(home).nodes[1]
    with socket.create_server((HOST, node.port)):
        done = run_lab("up", home)
    assert done.returncode == 2
    assert f"port {node.port} of node2 is taken" in done.stderr.splitlines()[-1]
    assert processes_of(home) == []


def test_a_service_that_dies_is_named_with_its_log_and_nothing_stays_running(home):
    node = load(home).nodes[1]
    path = node.directory / "glance-api.conf"
    path.write_text(path.read_text().replace("keystone+cachemanagement", "no-such-flavor"))
    done = run_lab("up", home)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 2
    assert "node2 ended while it started" in last
    assert "no-such-flavor" in last
    assert last.endswith(f"see {node.log}")
    assert processes_of(home) == []


def test_delete_removes_all_of_it(home):
    assert run_lab("down", home, "--delete").returncode == 0
    assert not home.exists()
