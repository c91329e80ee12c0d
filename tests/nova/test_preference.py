# SPDX-License-Identifier: Apache-2.0
"""Hosts, by the metadata of their aggregates, and the nodes and sites that have an image."""

from __future__ import annotations

import pytest

from glance_cache_nodes_nova import preference

AGGREGATES = {
    "a site": ([{"glance_site": "edge1"}], {"edge1"}),
    "a node": ([{"glance_node": "http://edge1:9292"}], {"http://edge1:9292"}),
    "a node's URL with a slash": ([{"glance_node": "http://edge1:9292/"}], {"http://edge1:9292"}),
    "several": ([{"glance_site": "edge1, edge2,"}, {"glance_site": "x"}], {"edge1", "edge2", "x"}),
    "both": ([{"glance_site": "edge1", "glance_node": "http://n:1"}], {"edge1", "http://n:1"}),
    "the zone": ([{"availability_zone": "edge1"}, {"ssd": "true"}], {"edge1"}),
    "a site, and a zone of its own": (
        [{"glance_site": "edge1"}, {"availability_zone": "az2"}],
        {"edge1"},
    ),
    "an empty site": ([{"glance_site": " "}, {"availability_zone": "az2"}], {"az2"}),
    "no value": ([{"glance_site": None}], set()),
    "other metadata": ([{"ssd": "true"}], set()),
    "no aggregate": ([], set()),
}


@pytest.mark.parametrize(("metadata", "names"), AGGREGATES.values(), ids=AGGREGATES)
def test_names_of_a_host(metadata: list[dict[str, str]], names: set[str]) -> None:
    assert preference.names(metadata) == names


def test_a_host_near_the_image_has_the_greatest_weight() -> None:
    holders = frozenset({"http://edge1:9292", "edge1"})
    hosts = [{"edge1"}, {"http://edge1:9292"}, {"edge2"}, {"http://edge2:9292", "edge1"}, set()]
    assert [preference.weight(frozenset(each), holders) for each in hosts] == [1, 1, 0, 1, 0]


def test_nobody_is_near_an_image_that_no_node_has() -> None:
    assert preference.weight(frozenset({"edge1"}), frozenset()) == 0
