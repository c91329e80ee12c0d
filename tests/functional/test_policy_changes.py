# SPDX-License-Identifier: Apache-2.0
"""A change of the policy takes effect without a restart."""

from __future__ import annotations

import types
from pathlib import Path

import pytest
from oslo_config import cfg

import glance_site
import images
from glance_cache_nodes.policies import rules

LET_IN, KEEP_OUT = '"list_cached_nodes": "role:member"', '"list_cached_nodes": "!"'
SECOND = 1.0


@pytest.fixture
def clock(monkeypatch):
    """Return the enforcer's clock, which stands still until ``now`` is set."""
    own = types.SimpleNamespace(now=0.0)
    own.monotonic = lambda: own.now
    monkeypatch.setattr("glance_cache_nodes.policies.enforcer.time", own)
    return own


@pytest.fixture
def policies(tmp_path) -> Path:
    """Return a directory of policies that Glance looks into."""
    directory = tmp_path / "policy.d"
    directory.mkdir()
    cfg.CONF.set_override("policy_dirs", [str(directory)], group="oslo_policy")
    yield directory
    cfg.CONF.clear_override("policy_dirs", group="oslo_policy")


@pytest.fixture
def enforcer():
    """Return the add-on's enforcer on a policy file that keeps all out, and the file."""
    path = glance_site.root() / "changing-policy.yaml"
    path.write_text(KEEP_OUT)
    glance_site.application()
    cfg.CONF.set_override("policy_file", str(path), group="oslo_policy")
    yield rules.make_enforcer(), path
    cfg.CONF.clear_override("policy_file", group="oslo_policy")


def is_let_in(enforcer) -> bool:
    context = images.context_of("member", ["member"])
    return rules.allows(enforcer, context, rules.LIST_CACHED_NODES, {})


def test_a_changed_file_counts_for_the_next_call(enforcer) -> None:
    one, path = enforcer
    for _ in range(3):
        assert not is_let_in(one)
        path.write_text(LET_IN)
        assert is_let_in(one)
        path.write_text(KEEP_OUT)


def test_a_file_in_the_directory_of_policies_counts_within_a_second(
    clock, policies, enforcer
) -> None:
    one, _ = enforcer
    assert not is_let_in(one)
    (policies / "ours.yaml").write_text(LET_IN)
    clock.now += SECOND
    assert is_let_in(one)


def test_a_file_that_was_not_there_counts_within_a_second(clock, enforcer) -> None:
    one, path = enforcer
    path.unlink()
    assert not is_let_in(one)
    path.write_text(LET_IN)
    clock.now += SECOND
    assert is_let_in(one)
