# SPDX-License-Identifier: Apache-2.0
"""The version, as the command tells it."""

from __future__ import annotations

import importlib.metadata

import pytest

import glance_cache_nodes
from glance_cache_nodes import cmd


def test_the_command_tells_the_version_of_the_distribution(capsys) -> None:
    with pytest.raises(SystemExit, match="0"):
        cmd.main(["--version"])
    version = importlib.metadata.version("glance-cache-nodes")
    assert capsys.readouterr().out == f"glance-cache-nodes {version}\n"


def test_a_tree_that_is_not_installed_has_no_version(monkeypatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert glance_cache_nodes.version() == "unknown"
