# SPDX-License-Identifier: Apache-2.0
"""One lab for all pages, and for each page a shell of its own in it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import ground as grounds
import pytest
from bash_session import Session

import glance_cache_nodes_lab as labs
from glance_cache_nodes import paste_config
from glance_cache_nodes_lab import sites

SHIPPED = Path(sys.prefix, "etc/glance", grounds.PASTE).read_text()
# Glance keeps a rule that is no longer in the file.
DEFAULT_RULE = '"list_cached_nodes": "rule:context_is_admin"\n'


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Return the home of somebody whose lab runs in its ``build/lab``."""
    if shutil.which("curl") is None:
        pytest.skip("the pages' examples want curl; apt-get install curl")
    directory = tmp_path_factory.mktemp("pages").resolve()
    before = os.environ.get("no_proxy")
    os.environ["no_proxy"] = "127.0.0.1"
    try:
        lab = labs.up(directory / "build/lab", in_sites=dict.fromkeys(grounds.SITES, 1))
        grounds.lay_out(directory, lab)
        yield directory
    finally:
        os.environ.pop("no_proxy") if before is None else os.environ.update(no_proxy=before)
        labs.down(directory / "build/lab")


@pytest.fixture
def ground(home):
    """Return the ground for one page; what a page changes is put back."""
    lab = labs.load(home / "build/lab")
    node = lab.nodes[0]
    # As Glance ships it, so that a page can put the filter in; the node runs with the filter.
    (node.directory / grounds.PASTE).write_text(SHIPPED)
    grounds.fill(home, lab)
    session = Session(home, grounds.environment(home))
    try:
        yield grounds.Ground(home, lab, session)
    finally:
        session.close()
        (node.directory / "policy.yaml").write_text(DEFAULT_RULE)
        sites.write(lab)
        _run_with_the_filter(lab, node.process)
        grounds.clear(home)


def _run_with_the_filter(lab, process):
    """Restart node1 where a page has restarted it without the filter."""
    node = labs.load(lab.directory).nodes[0]
    path = node.directory / grounds.PASTE
    with_filter = paste_config.insert(SHIPPED)
    if node.process == process or path.read_text() == with_filter:
        return
    labs.down(lab.directory, [node.name])
    path.write_text(with_filter)
    labs.up(lab.directory)
