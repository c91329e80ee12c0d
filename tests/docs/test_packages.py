# SPDX-License-Identifier: Apache-2.0
"""The packages of docs/guide/packages.md are built as it says, and Glance finds the filter in them.

Glance runs in an environment without the add-on, which has all else that this one has.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pages
import pytest

from glance_cache_nodes import paste_config
from paste_samples import SHIPPED

PAGE = pages.ROOT / "docs/guide/packages.md"
OURS = ("glance_cache_nodes", "__editable__")
ASK = """
import glance_cache_nodes, glance_site, webob
request = webob.Request.blank("/v2/cache/nodes/no-id?a=b", headers={"X-Auth-Token": "admin"})
print(glance_cache_nodes.__file__, request.get_response(glance_site.call).status_int)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """Return an environment with all packages of this one, but without the add-on."""
    here, made = Path(sys.prefix), tmp_path_factory.mktemp("environment")
    site = made / _site().relative_to(here)
    site.mkdir(parents=True)
    for path in _site().iterdir():
        if not path.name.startswith(OURS):
            (site / path.name).symlink_to(path)
    (made / "bin").mkdir()
    (made / "bin/python").symlink_to(Path(sys.executable).resolve())
    shutil.copy(here / "pyvenv.cfg", made)
    (made / "etc").symlink_to(here / "etc")
    return made


@pytest.fixture
def checkout(tmp_path) -> Path:
    """Return a copy of what the package is built from."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(pages.ROOT / name, tmp_path)
    without = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(pages.ROOT / "src", tmp_path / "src", ignore=without)
    return tmp_path


def test_glance_has_no_filter_in_that_environment(environment) -> None:
    assert "ModuleNotFoundError" in ask_glance(environment).stderr


def test_glance_finds_the_filter_in_a_directory_of_the_service(environment, checkout) -> None:
    commands, unit, _ = examples()
    paste = checkout / SHIPPED.name
    shutil.copy(SHIPPED, paste)
    follow(commands.replace("/etc/glance", str(checkout)).replace("/opt", str(checkout)), checkout)
    assert paste.read_text() == paste_config.insert(SHIPPED.read_text())
    modules = Path(unit.partition("PYTHONPATH=")[2].strip().replace("/opt", str(checkout)))
    assert is_found_in(modules, ask_glance(environment, modules))


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is Debian's")
def test_glance_finds_the_filter_in_a_package_of_debian(environment, checkout) -> None:
    follow(examples()[2], checkout)
    (package,) = checkout.glob("*.deb")
    root = checkout / "root"
    subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
    modules = root / "usr/lib/python3/dist-packages"
    assert is_found_in(modules, ask_glance(environment, modules))
    command = [root / "usr/bin/glance-cache-nodes", "paste", SHIPPED]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(modules)}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def examples() -> list[str]:
    """Return the directory's commands and its unit, and the commands of the package."""
    found = [each for each in pages.examples(PAGE) if each.language in ("console", "ini")]
    return [each.text for each in found]


def follow(console: str, directory: Path) -> None:
    """Run the commands of an example; pip builds with what is installed here."""
    script = "\n".join(["set -e", *(command for command, _ in pages.steps(console))])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    command = ["bash", "-c", script]
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def ask_glance(environment: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Ask a Glance of that environment, with more directories on its path."""
    python_path = os.pathsep.join(map(str, [*paths, pages.ROOT / "tests"]))
    return subprocess.run(
        [environment / "bin/python", "-W", "ignore", "-c", ASK],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": python_path},
        capture_output=True,
        text=True,
        check=False,
    )


def is_found_in(modules: Path, answer: subprocess.CompletedProcess[str]) -> bool:
    """Return whether the add-on answered, and its code came from there."""
    return answer.stdout.split() == [str(modules / "glance_cache_nodes/__init__.py"), "400"]


def _site() -> Path:
    return Path(pytest.__file__).parents[1]
