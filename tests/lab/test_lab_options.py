# SPDX-License-Identifier: Apache-2.0
"""What ``lab up`` makes of ``--sites`` and ``--fill``, before a service starts."""

from __future__ import annotations

import pytest

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import LabState, Service, setup_glance, sites


def lab_of(tmp_path, *places):
    nodes = [
        Service(f"node{number}", tmp_path, number, site=site)
        for number, site in enumerate(places, 1)
    ]
    return LabState(tmp_path, Service("keystone", tmp_path, 99), "sqlite://", "python", {}, nodes)


def test_nodes_are_added_to_the_sites_that_lack_them(tmp_path):
    lab = lab_of(tmp_path, "edge1", "central")
    wanted = sites.parse("edge1=3,central=1,edge2=1")
    assert sites.of_new_nodes(lab, wanted) == ["edge1", "edge1", "edge2"]


def test_a_lab_without_sites_gets_none(tmp_path):
    with pytest.raises(UserError, match="was made without sites; name another --dir"):
        sites.of_new_nodes(lab_of(tmp_path, None), {"edge1": 2})


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("with-fill", "context cache_nodes cache cache_fill cachemanage"),
        ("with-filter", "context cache_nodes cache cachemanage"),
        ("without-filter", "context cache cachemanage"),
    ],
)
def test_a_node_gets_the_chosen_filters(choice, words):
    assert f" {words} " in setup_glance.paste(choice)
