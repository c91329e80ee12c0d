# SPDX-License-Identifier: Apache-2.0
"""Wrong uses of ``glance-cache-nodes lab`` give one line that says what is wrong, and 2."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lab_command import run_lab

import glance_cache_nodes
import glance_cache_nodes_lab
from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import checks
from glance_cache_nodes_lab.directory import exclusive

SECRET = "pass-not-shown"


def refusal(verb, directory, *words):
    done = run_lab(verb, directory, *words)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("glance-cache-nodes: ")


@pytest.mark.parametrize("verb", ["status", "down"])
def test_no_lab_there(verb, tmp_path):
    expected = f"no lab in {tmp_path}; `glance-cache-nodes lab up` makes one"
    assert refusal(verb, tmp_path) == expected


def test_a_directory_of_something_else_is_left_alone(tmp_path):
    keepsake = tmp_path / "thesis.txt"
    keepsake.write_text("years of work")
    assert refusal("up", tmp_path).endswith("is not empty and not a lab; name another with --dir")
    assert refusal("down", tmp_path, "--delete").startswith("no lab in")
    assert keepsake.read_text() == "years of work"


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    line = refusal("up", tmp_path / "file")
    assert line == f"cannot use {tmp_path / 'file'} for a lab: File exists"


def test_a_state_file_of_something_else(tmp_path):
    (tmp_path / "state.json").write_text("[]")
    assert "is not readable as a lab's state" in refusal("up", tmp_path)
    assert "is not readable as a lab's state" in refusal("status", tmp_path)


@pytest.mark.parametrize("number", ["0", "-1"])
def test_a_number_of_nodes_that_makes_no_sense(number, tmp_path):
    line = refusal("up", tmp_path / "lab", f"--nodes={number}")
    assert line == f"a lab has 1 node or more, not {number}"


@pytest.mark.parametrize(
    ("sites", "part"),
    [
        ("", "''"),
        ("edge1", "'edge1'"),
        ("edge1=two", "'edge1=two'"),
        ("edge1=2,", "''"),
        ("edge 1=2", "'edge 1=2'"),
        ("edge1=-1", "'edge1=-1'"),
    ],
)
def test_sites_of_another_form(sites, part, tmp_path):
    line = refusal("up", tmp_path / "lab", f"--sites={sites}")
    assert line.startswith(f"--sites: {part} is not of the form NAME=NODES[,NAME=NODES...]")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--sites=edge1=0",), "--sites: the site 'edge1' needs 1 node or more"),
        (("--sites=a=1,a=2",), "--sites: the site 'a' is named twice"),
        (
            ("--sites=a=1", "--nodes=1"),
            "--nodes and --sites each say how many nodes there are; give one of them",
        ),
        (
            ("--fill", "--without-filter"),
            "--fill and --without-filter exclude each other; give one of them",
        ),
    ],
)
def test_options_that_make_no_sense(words, reason, tmp_path):
    assert refusal("up", tmp_path / "lab", *words) == reason


@pytest.mark.parametrize("url", ["oracle://db/glance", "glance.sqlite", "mysql://db/glance"])
def test_an_unknown_kind_of_database(url, tmp_path):
    line = refusal("up", tmp_path / "lab", "--database", url)
    assert line.endswith("known are mysql+pymysql and postgresql+psycopg2")


@pytest.mark.parametrize(
    ("driver", "kind"), [("pymysql", "mysql+pymysql"), ("psycopg2", "postgresql+psycopg2")]
)
def test_a_database_that_does_not_answer(driver, kind, tmp_path):
    pytest.importorskip(driver)
    url = f"{kind}://glance:{SECRET}@127.0.0.1:9/glance"
    line = refusal("up", tmp_path / "lab", "--database", url)
    assert line.startswith(f"no connection to {kind}://glance:***@127.0.0.1:9/glance: ")
    assert SECRET not in line


@pytest.mark.parametrize("rest", ["glance@127.0.0.1:port/glance", "glance:pass:word@@/"])
def test_a_database_url_that_is_none(rest, tmp_path):
    pytest.importorskip("pymysql")
    line = refusal("up", tmp_path / "lab", "--database", f"mysql+pymysql://{rest}")
    assert "database" in line or "no connection" in line


def test_two_at_once(tmp_path):
    with exclusive(tmp_path):
        assert "another `lab up` or `lab down` is running on" in refusal("up", tmp_path)


def test_a_python_that_is_not_there(tmp_path):
    line = refusal("up", tmp_path / "lab", "--glance-python", "/nowhere/python")
    assert line == "no Python at /nowhere/python"


def test_an_install_without_the_extra(tmp_path):
    for each in (glance_cache_nodes, glance_cache_nodes_lab):
        package = Path(each.__file__).parent
        shutil.copytree(package, tmp_path / package.name)  # alone, whatever it was installed beside
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from glance_cache_nodes import cmd"
    )
    words = ["lab", "up", "--dir", str(tmp_path / "lab")]
    argv = [sys.executable, "-S", "-c", f"{program}; sys.exit(cmd.main({words}))"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "glance-cache-nodes: no keystone here; pip install 'glance-cache-nodes[lab]'\n"
    )


def test_a_python_that_is_too_old(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(UserError, match=r"Python 3\.11 or newer.*not 3\.10"):
        checks.environment(sys.executable)
