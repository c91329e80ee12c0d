# SPDX-License-Identifier: Apache-2.0
"""A rule is evaluated once for all objects that look the same to it, and never for another."""

from __future__ import annotations

from collections.abc import Mapping

from glance.common import exception

from glance_cache_nodes.policies.decisions import Decisions
from glance_cache_nodes.policies.target import LazyTarget


class Enforcer:
    """Enforces a rule that is a function, and counts how often."""

    def __init__(self, rule) -> None:
        self.rule, self.count = rule, 0

    def enforce(self, _context: object, _rule: str, target: Mapping) -> None:
        self.count += 1
        if not self.rule(target):
            raise exception.Forbidden


def test_whether_a_rule_looks() -> None:
    for rule, looks, count in (
        (lambda _: True, False, 1),
        (lambda _: False, False, 1),
        (lambda each: each["owner"] == "a", True, 2),
        (lambda each: each.get("owner") == "a", True, 2),
        (lambda each: "owner" in each, True, 2),
    ):
        enforcer = Enforcer(rule)
        decisions = Decisions(enforcer, None, "get_image")
        assert decisions.looks() is looks
        assert decisions.allows({"owner": "a"}) == rule({"owner": "a"})
        assert enforcer.count == count


def decide(rule, targets: list[dict]) -> tuple[list[bool], int]:
    enforcer = Enforcer(rule)
    decisions = Decisions(enforcer, None, "get_image")
    made = [decisions.allows(LazyTarget(lambda each=each: each)) for each in targets]
    assert made == [rule(each) for each in targets]
    return made, enforcer.count


def test_a_rule_that_looks_at_nothing_is_evaluated_once() -> None:
    assert decide(lambda _: True, [{"owner": "a"}, {"owner": "b"}, {}]) == ([True] * 3, 1)
    assert decide(lambda _: False, [{"owner": "a"}, {"owner": "b"}, {}]) == ([False] * 3, 1)


def test_a_rule_is_evaluated_once_for_each_value_at_which_it_looks() -> None:
    targets = [{"owner": owner, "id": number} for number, owner in enumerate("abcabc")]
    assert decide(lambda each: each["owner"] == "b", targets)[1] == 3


def test_a_rule_that_looks_further_for_some() -> None:
    def rule(each) -> bool:
        return each["visibility"] == "public" or each["owner"] == "a"

    targets = [
        {"visibility": seen, "owner": owner} for seen in ("public", "private") for owner in "abab"
    ]
    assert decide(rule, targets)[1] == 3


def test_a_missing_attribute_is_no_value() -> None:
    def rule(each) -> bool:
        try:
            return each["class"] is None
        except KeyError:
            return False

    assert decide(rule, [{"class": None}, {}, {"class": None}, {}]) == ([True, False] * 2, 2)


def test_a_rule_that_copies_its_target_is_asked_each_time() -> None:
    def rule(each) -> bool:
        return (each if isinstance(each, dict) else each.__deepcopy__({}))["owner"] == "a"

    assert decide(rule, [{"owner": "a"}, {"owner": "a"}, {"owner": "b"}])[1] == 3
