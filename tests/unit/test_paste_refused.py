# SPDX-License-Identifier: Apache-2.0
"""What the edit of a paste file refuses: in one line, where it is, and what would be right."""

from __future__ import annotations

import pytest

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import insert, remove
from paste_samples import FACTORIES

HEAD = "[composite:api]\npaste.composite_factory = glance.api:pipeline_factory\n"
FILTERS = "".join(
    f"[filter:{name}]\npaste.filter_factory = {target}\n" for name, target in FACTORIES.items()
)
OWN = "[filter:cache_nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n"
HEAT = """[pipeline:heat-api]
pipeline = authtoken context app
[filter:context]
paste.filter_factory = heat.common.context:ContextMiddleware_filter_factory
"""
GOOD = f"{HEAD}keystone = authtoken context cache app\n{FILTERS}"

REFUSED = {
    "empty": ("", "is empty"),
    "blank": (" \n\n", "is empty"),
    "no ini": ("pipeline = context app\n", "line 1: not an ini file: no [section] yet"),
    "a mark before the text": ("\ufeff" + GOOD, "line 1: not an ini file"),
    "half a line": (f"{HEAD}what is this\n", "line 3: neither a [section] nor an option"),
    "same section": (f"{GOOD}[filter:cache]\n", "line 16: [filter:cache] is there twice"),
    "same option": (
        f"{HEAD}a = x y\na = x y\n",
        "line 4: [composite:api] a is there twice; keep one",
    ),
    "other service": (HEAT, "no pipeline with Glance's context"),
    "no context": (f"{HEAD}a = cache app\n{FILTERS}", "no pipeline with Glance's context"),
    "name taken": (
        f"{GOOD}[filter:cache_nodes]\nuse = egg:other#thing\n",
        "line 16: [filter:cache_nodes] uses egg:other#thing, not egg:glance-cache-nodes",
    ),
    "name without content": (f"{GOOD}[filter:cache_nodes]\n", "uses nothing, not egg:"),
    "other name": (
        f"{GOOD}[filter:nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n",
        "line 16: [filter:nodes] is this filter under another name; call it cache_nodes",
    ),
    "before context": (
        f"{HEAD}a = cache_nodes context app\n{FILTERS}{OWN}",
        "line 3: [composite:api] a: cache_nodes stands before context; take it out with --remove",
    ),
    "after cache": (
        f"{HEAD}a = context cache cache_nodes app\n{FILTERS}{OWN}",
        "line 3: [composite:api] a: cache_nodes stands after cache; take it out with --remove",
    ),
    "twice": (
        f"{HEAD}a = context cache_nodes cache_nodes app\n{FILTERS}{OWN}",
        "cache_nodes stands there twice",
    ),
    "last": (f"{HEAD}a = context cache_nodes\n{FILTERS}{OWN}", "cache_nodes stands last"),
    "alone": (f"{HEAD}a = cache_nodes app\n{FILTERS}{OWN}", "a pipeline without a context filter"),
    "cache first": (f"{HEAD}a = cache context app\n{FILTERS}", "cache stands before context"),
    "both at once": (
        f"{HEAD}a = both app\n{FILTERS}[filter:both]\nuse = cache\nfilter-with = context\n",
        "line 3: [composite:api] a: both is context and cache at once; write the two into",
    ),
    "twice by blanks": (
        f"{GOOD}{OWN}[filter: cache_nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n",
        "line 18: [filter: cache_nodes] is there twice; keep one",
    ),
    "the egg in a pipeline": (
        f"{HEAD}a = context egg:glance_cache_nodes#cache_nodes app\n{FILTERS}",
        "line 3: [composite:api] a: this filter stands there as egg:glance-cache-nodes#cache_nodes",
    ),
    "around another filter": (
        f"{GOOD}[filter:mine]\nuse = audit\nfilter-with = cache_nodes\n{OWN}",
        "line 16: [filter:mine] is this filter under another name; call it cache_nodes",
    ),
    "nothing to fill in": (f"{HEAD}a = %(f)s context app\n{FILTERS}", "line 3: [composite:api] a:"),
    "a bare percent": (f"{HEAD}a = 5% context app\n{FILTERS}", "a % that paste cannot fill in"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_insert_refuses(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        insert(text)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_remove_leaves_a_section_that_holds_more() -> None:
    with pytest.raises(UserError, match=r"line 18: \[filter:cache_nodes\] mine is not of this"):
        remove(f"{GOOD}{OWN}mine = 1\n")


@pytest.mark.parametrize(
    ("more", "message"),
    {
        "filled in": ("b = %(f)s app\n", "cache_nodes comes out of a %(name)s; write the word"),
        "around an app": (
            "[app:app]\nuse = egg:x\nfilter-with = cache_nodes\n",
            "[app:app] filter-with names cache_nodes too; take that out by hand first",
        ),
        "in a filter-app": (
            "[filter-app:x]\nuse = cache_nodes\nnext = app\n",
            "[filter-app:x] use names cache_nodes too",
        ),
        "in a composite that is not Glance's": (
            "[composite:x]\nuse = egg:x\nb = context cache_nodes app\n",
            "[composite:x] b names cache_nodes too",
        ),
    }.values(),
)
def test_remove_leaves_no_name_that_paste_cannot_load(more: str, message: str) -> None:
    default = "[DEFAULT]\nf = context cache_nodes\n"
    with pytest.raises(UserError) as caught:
        remove(f"{default}{HEAD}a = context cache_nodes app\n{more}{FILTERS}{OWN}")
    assert message in str(caught.value)


@pytest.mark.parametrize("case", ["before context", "after cache", "twice"])
def test_remove_then_insert_mends_a_wrong_place(case: str) -> None:
    mended = insert(remove(REFUSED[case][0]))
    assert "context cache_nodes " in mended
    assert mended.count("cache_nodes") == insert(GOOD).count("cache_nodes")


def test_a_flavor_may_have_a_name_that_begins_like_a_word_of_paste() -> None:
    assert "users = context cache_nodes app" in insert(f"{HEAD}users = context app\n{FILTERS}")


def test_a_key_of_paste_is_no_pipeline() -> None:
    text = f"{HEAD}filter-with = context app\na = context app\n{FILTERS}"
    assert insert(text).count("context cache_nodes") == 1
