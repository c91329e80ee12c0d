# SPDX-License-Identifier: Apache-2.0
"""The rule and the options, where operators look for them."""

from __future__ import annotations

import copy
import operator
import subprocess
import sys
from pathlib import Path

import pytest
import webob

import glance_site
import images
from glance_cache_nodes import conf
from glance_cache_nodes.policies import rules
from glance_cache_nodes.policies.target import LazyTarget


def generate(command: str) -> str:
    """Run one of oslo's generators for our namespace; return what it prints."""
    words = [Path(sys.executable).with_name(command), "--namespace", "glance_cache_nodes"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_the_sample_policy_lists_every_rule() -> None:
    sample = generate("oslopolicy-sample-generator")
    for rule in rules.RULES:
        assert f'#"{rule.name}": "rule:context_is_admin"' in sample
    assert "GET  /v2/cache/nodes/{image_id}" in sample


def test_the_sample_configuration_lists_every_option() -> None:
    sample = generate("oslo-config-generator")
    assert "[cache_nodes]" in sample
    for option in conf.OPTIONS:
        assert f"#{option.name} = " in sample


RULES = {
    "its owner": ("project_id:%(project_id)s", 200),
    "its visibility": ("'private':%(visibility)s", 200),
    "another visibility": ("'public':%(visibility)s", 403),
    "its status": ("'active':%(status)s", 200),
    "its name": ("'image':%(name)s", 200),
    "whether it is hidden": ("'False':%(os_hidden)s", 200),
    "the member it is shared with": ("project_id:%(member_id)s", 403),
    "what it does not have": ("project_id:%(no_such_attribute)s", 403),
    "nothing, nobody passes": ("!", 403),
    "nothing, everybody passes": ("@", 200),
}


@pytest.mark.parametrize(("rule", "status"), RULES.values(), ids=RULES.keys())
def test_a_rule_may_compare_with_the_image(rule: str, status: int) -> None:
    application, _ = glance_site.application_with_policy(f'"list_cached_nodes": "{rule}"')
    image_id = images.of_every_kind()["private"]
    request = webob.Request.blank(f"/v2/cache/nodes/{image_id}", headers={"X-Auth-Token": "member"})
    assert request.get_response(application).status_int == status


def test_a_member_of_a_shared_image_can_be_let_in() -> None:
    rules = '"list_cached_nodes": "project_id:%(member_id)s"'
    application, _ = glance_site.application_with_policy(rules)
    image_id = images.of_every_kind()["shared-accepted"]
    request = webob.Request.blank(f"/v2/cache/nodes/{image_id}", headers={"X-Auth-Token": "other"})
    assert request.get_response(application).status_int == 200


def test_a_target_loads_each_part_when_a_rule_looks_at_it() -> None:
    looks = []
    target = LazyTarget(
        lambda: looks.append("usual") or {"owner": "lab"},
        lambda: looks.append("others") or {"class": "secret", "owner": "nobody"},
    )
    assert operator.mod("admin", target) == "admin"
    assert (list(target), len(target), looks) == ([], 0, [])
    assert operator.mod("%(owner)s", target) == "lab"
    assert (list(target), looks) == (["owner"], ["usual"])
    assert operator.mod("%(class)s", target) == "secret"
    assert copy.deepcopy(target) == {"class": "secret", "owner": "lab"}
    assert (dict(target), looks) == ({"class": "secret", "owner": "lab"}, ["usual", "others"])


def test_of_an_image_that_the_caller_may_not_know_nothing_else_is_loaded() -> None:
    target = LazyTarget(dict, lambda: pytest.fail("it was loaded"))
    for _ in range(2):
        assert target.get("class") is None
    assert copy.deepcopy(target) == {}
