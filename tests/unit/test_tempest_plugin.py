# SPDX-License-Identifier: Apache-2.0
"""What of the tempest plugin needs no cloud; `make tempest` runs it on one.

tempest is looked at from outside: its options and Glance's do not fit into one process.
"""

from __future__ import annotations

import configparser
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "glance_cache_nodes_tempest"
PAGE = ROOT / "docs" / "tempest.md"
BIN = Path(sys.executable).parent

OPTIONS = """
import json
from tempest import config
from tempest.test_discover import plugins

loaded = plugins.TempestTestPluginManager().ext_plugins["glance_cache_nodes"].obj
config.CONF.service_available  # tempest reads its configuration at the first look
print(json.dumps([
    [group, option.name, option.help, getattr(getattr(config.CONF, group.replace("-", "_")),
     option.name)]
    for group, options in loaded.get_opt_lists() for option in options
]))
"""

IMPORTS = f"""
import json, pkgutil, sys
import {PACKAGE}
for module in pkgutil.walk_packages({PACKAGE}.__path__, "{PACKAGE}."):
    __import__(module.name)
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def run(*words, directory: Path) -> str:
    """Run a program in a directory where no configuration of tempest lies; return what it says."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=directory,
        env={"PATH": str(BIN), "HOME": str(directory), "TEMPEST_CONFIG_DIR": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Return an empty directory with a tempest.conf that says nothing of a cloud."""
    directory = tmp_path_factory.mktemp("tempest")
    (directory / "tempest.conf").write_text(
        f"[DEFAULT]\nlog_dir = {directory}\n[oslo_concurrency]\nlock_path = {directory}\n"
    )
    return directory


@pytest.fixture(scope="module")
def options(workspace) -> list[list]:
    """Return group, name, help and default of each option."""
    return json.loads(run(sys.executable, "-c", OPTIONS, directory=workspace))


@pytest.fixture(scope="module")
def listed(workspace) -> list[str]:
    """Return the tests that ``tempest run --list-tests`` finds, with their attributes."""
    run(BIN / "stestr", "--test-path", workspace, "init", directory=workspace)
    words = ["run", "--config-file", "tempest.conf", "--list-tests", "--regex", PACKAGE]
    return run(BIN / "tempest", *words, directory=workspace).split()


def test_every_option_has_help_and_can_be_read(options) -> None:
    assert [name for _, name, text, _ in options if not text or len(text) < 40] == []
    assert {group for group, *_ in options} == {
        "glance_cache_nodes",
        "glance_cache_nodes-feature-enabled",
        "service_available",
    }


def test_nothing_runs_against_a_cloud_that_was_not_said_to_have_the_call(options) -> None:
    (default,) = [value for group, *_, value in options if group == "service_available"]
    assert default is False


def test_every_option_stands_in_the_documentation(options) -> None:
    page = PAGE.read_text()
    assert [name for _, name, *_ in options if f"| `{name}` |" not in page] == []


def test_the_example_in_the_documentation_names_options_that_there_are(options) -> None:
    example = configparser.ConfigParser()
    example.read_string(re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)[0])
    named = {(section, name) for section in example.sections() for name in example[section]}
    assert named
    assert named <= {(group, name) for group, name, *_ in options}


def test_tempest_lists_every_test_with_an_id_of_its_own(listed) -> None:
    written = [
        name
        for file in (ROOT / "src" / PACKAGE / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    ]
    assert sorted(re.findall(r"\.(test_\w+)\[", " ".join(listed))) == sorted(written)
    identifiers = [re.findall(r"\bid-([0-9a-f-]{36})\b", line) for line in listed]
    assert {len(found) for found in identifiers} == {1}
    assert len({found[0] for found in identifiers}) == len(listed)


def test_tempests_own_check_of_ids(workspace) -> None:
    run(BIN / "check-uuid", "--package", PACKAGE, directory=workspace)


def test_every_test_stands_in_the_documentation(listed) -> None:
    page = PAGE.read_text()
    names = re.findall(r"\.(test_\w+)\[", " ".join(listed))
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_plugin_needs_neither_glance_nor_the_server(workspace) -> None:
    loaded = set(json.loads(run(sys.executable, "-c", IMPORTS, directory=workspace)))
    assert "tempest" in loaded
    assert sorted(loaded & {"glance", "glance_cache_nodes", "glance_store", "keystone"}) == []


@pytest.fixture
def compare(monkeypatch):
    """Return a function from pairs of test and status to what ``make tempest`` complains of."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tempest"))
    comparison, outcome = map(importlib.import_module, ("comparison", "outcome"))

    def complaints(with_filter: dict[str, str], without: dict[str, str]) -> list[str]:
        runs = {True: with_filter, False: without}
        return comparison.Comparison(
            {
                key: [outcome.Outcome(test, status, "why") for test, status in each.items()]
                for key, each in runs.items()
            }
        ).complaints()

    return complaints


THEIRS, OURS = "tempest.api.image.v2.test_images.A.test_a", f"{PACKAGE}.tests.api.B.test_b"
GOOD = {THEIRS: "passed", OURS: "passed"}


def test_make_tempest_is_content_when_all_is_well(compare) -> None:
    assert compare(GOOD, GOOD) == []
    # What only the add-on does is skipped without it.
    more = {**GOOD, f"{OURS}_2": "passed"}
    assert compare(more, {**GOOD, f"{OURS}_2": "skipped"}) == []


@pytest.mark.parametrize("with_filter", [True, False])
def test_make_tempest_complains_of_what_failed(compare, with_filter: bool) -> None:
    for test in GOOD:
        runs = [GOOD, GOOD]
        runs[1 - with_filter] = {**GOOD, f"{test}_2": "failed"}
        assert any(line.startswith("failed") and test in line for line in compare(*runs))


def test_make_tempest_complains_of_what_differs(compare) -> None:
    more = {**GOOD, f"{THEIRS}_2": "passed"}
    for other in (GOOD, {**GOOD, f"{THEIRS}_2": "skipped"}):
        assert [line.split(":")[0] for line in compare(more, other)] == ["differs"]
        assert [line.split(":")[0] for line in compare(other, more)] == ["differs"]


def test_make_tempest_complains_of_what_did_not_run(compare) -> None:
    skipped = {**GOOD, f"setUpClass ({OURS})": "skipped"}
    (line,) = compare(skipped, GOOD)
    assert line.startswith("skipped")
    assert line.endswith("why")
    assert len([line for line in compare({}, {}) if line.startswith("nothing of")]) == 4
