# SPDX-License-Identifier: Apache-2.0
"""A node that is gone, and one that has another URL."""

from __future__ import annotations

import socket

import pytest
from node_site import NODE, Site, settings

from glance_cache_nodes.db import nodes as registered
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile import forget
from glance_cache_nodes_lab import ports


@pytest.fixture
def gone():
    """Return the URL of a node that does not answer."""
    return f"http://127.0.0.1:{ports.pick(1)[0]}"


@pytest.fixture
def site(tmp_path, gone):
    made = Site(tmp_path)
    made.cached()
    for _ in range(2):
        made.row(made.image(), node=gone)
    return made


def nodes(site):
    return registered.find_urls(settings(site).database)


def test_a_node_that_is_gone_leaves_the_record_with_its_rows(site, gone):
    before = site.rows()
    plan = forget.plan(settings(site), gone)
    assert (len(plan.removed), plan.handed_on, plan.refused) == (2, [], None)
    assert nodes(site) == sorted([NODE, gone])
    forget.carry_out(settings(site), plan)
    assert (nodes(site), site.rows(), site.rows(gone)) == ([NODE], before, {})


def test_a_node_that_answers_is_refused(site):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        site.row(site.image(), node=url)
        plan = forget.plan(settings(site), url)
    assert plan.answers
    assert "still takes connections" in plan.refused


def test_a_node_that_is_not_known_is_no_success(site):
    with pytest.raises(UserError, match=f"it knows .*{NODE}"):
        forget.plan(settings(site), "http://typo:9292")


def test_rows_of_files_that_are_there_are_handed_on(site, gone):
    whole, short, lost = (site.image() for _ in range(3))
    both = site.cached()
    for image_id in (whole, short, lost, both):
        site.row(image_id, node=gone)
    site.write(whole)
    site.write(short, b"da")
    plan = forget.plan(settings(site), gone, NODE)
    assert plan.handed_on == sorted([whole, both])
    assert {short, lost} < set(plan.removed)
    forget.carry_out(settings(site), plan)
    assert {whole, both} < set(site.rows())
    assert not {short, lost} & set(site.rows())
    assert nodes(site) == [NODE]


def test_rows_are_handed_on_only_where_the_files_are(site, gone):
    with pytest.raises(UserError, match=f"this node is {NODE}"):
        forget.plan(settings(site), gone, "http://node9:9292")
    assert "holds none" in forget.plan(settings(site), gone, NODE).refused


def test_a_node_that_caches_meanwhile_is_not_forgotten_in_part(site, gone):
    plan = forget.plan(settings(site), gone)
    site.row(site.image(), node=gone)
    forget.carry_out(settings(site), plan)
    assert site.rows(gone) == {}


def test_an_empty_or_unchanged_new_url_removes_nothing(site, gone):
    for now_called in ("", gone):
        with pytest.raises(UserError, match="names no other node"):
            forget.plan(settings(site), gone, now_called)


@pytest.mark.parametrize("url", ["http://[bad", "node2", "http://node2:port"])
def test_a_node_whose_url_is_none_can_be_forgotten(site, url):
    site.row(site.image(), node=url)
    plan = forget.plan(settings(site), url)
    assert (plan.answers, plan.refused) == (False, None)
    forget.carry_out(settings(site), plan)
    assert url not in nodes(site)
