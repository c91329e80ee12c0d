# SPDX-License-Identifier: Apache-2.0
"""The command as cron runs it: its exit statuses, its JSON, its errors, two at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from node_site import NODE, Site

PROGRAM = "import sys; from glance_cache_nodes.cmd import main; sys.exit(main())"
COMMAND = [sys.executable, "-c", PROGRAM]
SERVER = Path(__file__).parents[1] / "truth/command_server.py"


@pytest.fixture(scope="module")
def server():
    """Return a process that has imported Glance and runs the command in children."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.communicate()


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.cached()
    return made


@pytest.fixture
def command(site, server):
    """Return a function that runs the command; it returns status, output and errors."""

    def run(*words):
        server.stdin.write(json.dumps([*words, "--config-file", str(site.file)]) + "\n")
        server.stdin.flush()
        status, output, errors = json.loads(server.stdout.readline())
        assert "Traceback" not in errors
        return status, output, errors

    return run


def start(site, *words):
    argv = [*COMMAND, *words, "--config-file", site.file]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_two_at_once_do_not_harm_each_other(site, command):
    for _ in range(5):
        site.write(site.image())
        site.row(site.image())
    both = [start(site, "reconcile", "--fix", "--json") for _ in range(2)]
    reports = [json.loads(each.communicate()[0]) for each in both]
    assert {each.returncode for each in both} <= {0, 1}
    fixed = [each for report in reports for each in report["findings"] if each["fixed"]]
    assert len({each["image_id"] for each in fixed}) == len(fixed) == 10
    assert set(site.rows()) == site.files()
    status, output, _ = command("reconcile", "--json")
    assert (status, json.loads(output)["checked"]) == (0, 6)


def test_the_json_of_a_finding(site, command):
    image_id = site.image()
    path = site.write(image_id, b"da")
    status, output, _ = command("reconcile", "--json")
    assert status == 1
    assert json.loads(output) == {
        "node": NODE,
        "checked": 2,
        "complete": True,
        "refused": None,
        "findings": [
            {
                "finding": "wrong_length",
                "image_id": image_id,
                "path": str(path),
                "detail": "the file has 2 bytes, the image 4",
                "fixed": False,
            }
        ],
    }


def test_a_refused_run_changes_nothing_and_says_why(site, command):
    for name in site.files():
        (site.directory / name).unlink()
    before = site.rows()
    status, output, errors = command("reconcile", "--fix", "--json")
    assert (status, json.loads(output)["findings"][0]["fixed"]) == (2, False)
    assert "is it mounted?" in errors
    assert site.rows() == before
    assert command("reconcile", "--fix", "--force")[0] == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("worker_self_reference_url", "#", "worker_self_reference_url is not set"),
        ("image_cache_dir", "#", "image_cache_dir is not set"),
        ("sqlite:///", "sqlite:////nowhere", "the database does not answer"),
        ("sqlite:///", "nonsense://user:secret@", "no database driver"),
        ("image_cache_dir = ", "image_cache_dir = $nope", "no such option nope"),
    ],
)
def test_a_wrong_configuration_is_named(site, command, old, new, words):
    site.file.write_text(site.file.read_text().replace(old, new))
    status, output, errors = command("reconcile")
    assert (status, output, words in errors) == (2, "", True), errors
    assert "secret" not in errors


@pytest.mark.parametrize("words", [["reconcile"], ["forget", NODE], ["check"]])
def test_a_directory_as_configuration_is_named(site, command, words):
    site.file.unlink()
    site.file.mkdir()
    status, output, errors = command(*words)
    assert (status, output, "configuration cannot be read" in errors) == (2, "", True), errors


def test_a_configuration_whose_name_begins_with_a_dash_is_none(site, tmp_path):
    argv = [*COMMAND, "reconcile", "--config-file=-x"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, "Failed to find" in done.stderr) == (2, True), done.stderr
    (tmp_path / "-x").write_text(site.file.read_text())
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr


GONE = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "end", "keeps_the_node"),
    [
        (["reconcile", "--json"], "", True),
        (["check"], "", True),
        (["forget", GONE], "; nothing was changed", True),
        (["forget", GONE, "--json"], "; the record was changed", False),
    ],
)
def test_a_full_standard_output_is_a_failure(site, words, end, keeps_the_node):
    site.row(site.image(), node=GONE)
    argv = [*COMMAND, *words, "--config-file", site.file]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(argv, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    line = f"standard output cannot be written: No space left on device{end}"
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"glance-cache-nodes: {line}"
    assert bool(site.rows(GONE)) == keeps_the_node


@pytest.mark.parametrize("words", [["reconcile", "--max-removals", "-1"], ["forget"]])
def test_wrong_words_are_refused(command, words):
    status, _, errors = command(*words)
    assert (status, "usage:" in errors) == (2, True)
