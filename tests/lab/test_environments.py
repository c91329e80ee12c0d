# SPDX-License-Identifier: Apache-2.0
"""The environments of older releases: the lists that they are made from, and their Pythons."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lab_command import run_lab

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import environments, interpreters
from releases import OLDEST

MAJOR_VERSION = {
    "2024.1": "28",
    "2024.2": "29",
    "2025.1": "30",
    "2025.2": "31",
    "2026.1": "32",
    "2026.2": "33",
}
PIN = re.compile(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.]*( ; [a-z_]+ [^:#]+)?", re.IGNORECASE)


def test_an_unknown_release(tmp_path):
    done = run_lab("up", tmp_path / "lab", "--release", "zed", "--environments", tmp_path)
    known = ", ".join(MAJOR_VERSION)
    assert done.returncode == 2
    assert done.stderr == f"glance-cache-nodes: unknown release 'zed'; known are {known}\n"
    assert list(tmp_path.iterdir()) == []


def test_two_ways_to_name_a_glance(tmp_path):
    done = run_lab("up", tmp_path / "lab", "--release", OLDEST, "--glance-python", "python3")
    assert done.returncode == 2
    assert "--release and --glance-python each name a Glance" in done.stderr


def test_a_directory_of_something_else_is_not_cleared(tmp_path):
    keepsake = tmp_path / OLDEST / "thesis.txt"
    keepsake.parent.mkdir()
    keepsake.write_text("years of work")
    with pytest.raises(UserError, match="not an environment of the lab"):
        environments.python_for(OLDEST, tmp_path, print)
    assert keepsake.read_text() == "years of work"


def test_a_failed_install_is_one_line_and_is_begun_anew(tmp_path, monkeypatch):
    failing = [[["/bin/sh", "-c", "echo one; echo no such package; exit 1"]]]
    monkeypatch.setattr(environments, "_ways", lambda *_: failing)
    log = tmp_path / f"{OLDEST}.log"
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            environments.python_for(OLDEST, tmp_path, print)
        assert str(caught.value) == (
            f"installing Glance {OLDEST} failed: no such package; see {log}"
        )


def test_an_environment_of_another_python(tmp_path, monkeypatch):
    made = [[[sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "2024.1-python3.9")]]]
    monkeypatch.setattr(environments, "_ways", lambda *_: made)
    other = interpreters.Interpreter("3.9", Path(sys.executable))
    python = environments.python_for(OLDEST, tmp_path, print, other)
    assert python == tmp_path / "2024.1-python3.9/bin/python"
    program = "import glance_cache_nodes; print(glance_cache_nodes.__file__)"
    where = subprocess.check_output([python, "-I", "-c", program], text=True)
    assert Path(where).is_relative_to(tmp_path)


def test_what_installs_for_another_python(tmp_path):
    other = interpreters.Interpreter("3.9", Path("/opt/python3.9"))
    with_uv, with_pip = environments._ways(tmp_path, Path("list.txt"), other)
    for create, install in (with_uv, with_pip):
        assert "/opt/python3.9" in create
        assert install[-3:] == ["--no-deps", "-r", "list.txt"]
        assert str(tmp_path / "bin/python") in install


def test_pythons_of_this_machine():
    own = interpreters.find(interpreters.OWN_VERSION)
    assert own == interpreters.OWN
    assert interpreters.find("3.0") is None


def test_a_python_of_pyenv_is_found_in_spite_of_its_shims(tmp_path, monkeypatch):
    version = interpreters.OWN_VERSION
    place, shim = tmp_path / f"versions/{version}.0/bin", tmp_path / f"shims/python{version}"
    for directory in (place, shim.parent):
        directory.mkdir(parents=True)
    (place / shim.name).symlink_to(Path(sys.executable).resolve())
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setattr(interpreters, "OWN_VERSION", "3.0")  # so that it is looked for
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(shim.parent), prepend=os.pathsep)
    found = interpreters.find(version)
    assert found == interpreters.Interpreter(version, place / shim.name)


def test_a_directory_of_pyenv_that_cannot_be_read_has_no_python(monkeypatch):
    monkeypatch.setenv("PYENV_ROOT", "/" + "x" * 300)  # no name may be so long, not even root's
    assert interpreters.find("3.0") is None


@pytest.mark.parametrize("release", MAJOR_VERSION)
def test_a_list_has_pinned_names_only(release):
    lines = (environments.LISTS / f"{release}.txt").read_text().splitlines()
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert [line for line in lines if line.startswith(f"glance=={MAJOR_VERSION[release]}.")]


def test_there_is_a_list_for_each_release():
    assert environments.known() == list(MAJOR_VERSION)
