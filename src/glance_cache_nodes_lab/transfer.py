# SPDX-License-Identifier: Apache-2.0
"""Copy these packages into another environment, without an index or a build.

The environment of another release needs them for the filter and for the server. They contain only
Python files, so an installation would do no more than copy them and their entry points.
"""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

import glance_cache_nodes
import glance_cache_nodes_lab
from glance_cache_nodes.exception import UserError

DISTRIBUTION = "glance-cache-nodes"
PACKAGES = (glance_cache_nodes, glance_cache_nodes_lab)
DESCRIBED_IN = ("METADATA", "entry_points.txt")


def this_package(environment: Path) -> None:
    """Copy the running packages into the virtual environment; replace older copies.

    Args:
        environment: the directory of the environment, of any Python.

    Raises:
        UserError: the running package was never installed, so its entry points are not known.
        OSError: a file cannot be written.
    """
    site = next(environment.glob("lib/python3.*/site-packages"))
    try:
        ours = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        raise UserError(f"{DISTRIBUTION} is not installed here, only its files are") from error
    for package in PACKAGES:
        _copy_package(Path(str(package.__file__)).parent, site)
    _describe(ours, site)


def _copy_package(package: Path, site: Path) -> None:
    fresh, old, current = site / ".fresh", site / ".old", site / package.name
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(package, fresh, ignore=shutil.ignore_patterns("__pycache__"))
    # Renamed, so that a Glance which runs from here finds one copy or the other.
    if current.exists():
        current.rename(old)
    fresh.rename(current)
    shutil.rmtree(old, ignore_errors=True)


def _describe(ours: metadata.Distribution, site: Path) -> None:
    name = DISTRIBUTION.replace("-", "_")
    current = site / f"{name}-{ours.version}.dist-info"
    for other in site.glob(f"{name}-*.dist-info"):
        if other != current:
            shutil.rmtree(other)
    current.mkdir(exist_ok=True)
    for file in DESCRIBED_IN:
        (current / file).write_text(ours.read_text(file) or "", encoding="utf-8")
