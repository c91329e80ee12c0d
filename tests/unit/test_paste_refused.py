# SPDX-License-Identifier: Apache-2.0
"""What the edit of a paste file refuses: in one line, where it is, and what would be right."""

from __future__ import annotations

import pytest

from glance_cache_nodes.exception import ByHandError, UserError
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
AUTHTOKEN = f"[filter:authtoken]\npaste.filter_factory = {FACTORIES['authtoken']}\n"
APP_OF_HEAT = "[app:app]\npaste.app_factory = heat.common.wsgi:app_factory\n"
APP = "[app:app]\npaste.app_factory = glance.api.versions:create_resource\n"
REST = f"{APP}{FILTERS}"
GOOD = f"{HEAD}keystone = authtoken context cache app\n{REST}"
NO_PLACE = "no pipeline has a place for cache_nodes; a glance-api-paste.ini is expected"

# The text, words of the message, and of the lines to change by hand.
REFUSED = {
    "empty": ("", "it has no application; a glance-api-paste.ini is expected", ""),
    "blank": (" \n\n", "it has no application", ""),
    "no ini": ("pipeline = context app\n", "contains no section headers", ""),
    "a mark before the text": ("\ufeff" + GOOD, "line: 1", ""),
    "half a line": (f"{HEAD}what is this\n", "[line 3]: 'what is this", ""),
    "same section": (f"{GOOD}[filter:cache]\n", "section 'filter:cache' already exists", ""),
    "same option": (f"{HEAD}a = x y\na = x y\n", "[line 4]: option 'a' in section", ""),
    "other service": (f"{HEAT}{APP_OF_HEAT}{AUTHTOKEN}", NO_PLACE, "known as Glance's context"),
    "no context": (
        f"{HEAD}a = cache app\n{REST}",
        NO_PLACE,
        "[composite:api] a: no filter in it is known as Glance's context (cache)",
    ),
    "no application": (f"{HEAD}a = context app\n{FILTERS}", NO_PLACE, "No section 'app'"),
    "name taken": (
        f"{GOOD}[filter:cache_nodes]\nuse = egg:other#thing\n",
        "[filter:cache_nodes] is not egg:glance-cache-nodes#cache_nodes; give that filter another",
        "",
    ),
    "name without content": (f"{GOOD}[filter:cache_nodes]\n", "is not egg:glance-cache-nodes", ""),
    "other name": (
        f"{HEAD}a = context nodes app\n{REST}"
        "[filter:nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n",
        "[composite:api] a: nodes is this filter under another name; call it cache_nodes",
        "",
    ),
    "last": (f"{HEAD}a = context cache_nodes\n{REST}{OWN}", NO_PLACE, "No section 'cache_nodes'"),
    "alone": (f"{HEAD}a = cache_nodes app\n{REST}{OWN}", NO_PLACE, "stands in it and is left"),
    "cache first": (
        f"{HEAD}a = cache context app\n{REST}",
        NO_PLACE,
        "[composite:api] a: its cache stands before its context; it must come after",
    ),
    "both at once": (
        f"{HEAD}a = both app\n{REST}[filter:both]\nuse = cache\nfilter-with = context\n",
        NO_PLACE,
        "[composite:api] a: cache_nodes is missing; its place is directly before both",
    ),
    "twice by blanks": (
        f"{GOOD}{OWN}[filter: cache_nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n",
        NO_PLACE,
        "cache_nodes is missing",
    ),
    "the egg in a pipeline": (
        f"{HEAD}a = context egg:glance_cache_nodes#cache_nodes app\n{REST}",
        "[composite:api] a: egg:glance_cache_nodes#cache_nodes is this filter under another name",
        "",
    ),
    "around another filter": (
        f"{HEAD}a = context mine app\n{REST}"
        f"[filter:mine]\nuse = audit\nfilter-with = cache_nodes\n{OWN}",
        NO_PLACE,
        "[composite:api] a: cache_nodes stands elsewhere; its place is directly before app",
    ),
    "nothing to fill in": (f"{HEAD}a = %(f)s context app\n{REST}", NO_PLACE, "option 'a' in"),
    "a bare percent": (f"{HEAD}a = 5% context app\n{REST}", NO_PLACE, "'%' must be followed by"),
}


@pytest.mark.parametrize(("text", "message", "line"), REFUSED.values(), ids=REFUSED.keys())
def test_insert_refuses(text: str, message: str, line: str) -> None:
    with pytest.raises(UserError) as caught:
        insert(text)
    assert message in str(caught.value)
    lines = caught.value.lines if isinstance(caught.value, ByHandError) else ()
    assert line in "".join(lines)
    assert all(len(each.splitlines()) == 1 for each in (str(caught.value), *lines))


@pytest.mark.parametrize("more", ["mine = 1\n", "# why\n\n  # and so\nmine = 1\n"])
def test_remove_leaves_a_section_that_holds_more(more: str) -> None:
    with pytest.raises(UserError, match=r"\[filter:cache_nodes\] holds more than this command"):
        remove(f"{GOOD}{OWN}{more}")


def test_remove_leaves_the_comments_behind_the_section() -> None:
    comments = "# ###\n\n; the end\n"
    assert remove(f"{insert(GOOD)}{comments}") == f"{GOOD}{comments}"


@pytest.mark.parametrize(
    ("more", "line"),
    {
        "around an app": ("[app:b]\nuse = egg:x\nfilter-with = cache_nodes\n", "filter-with ="),
        "in a filter-app": ("[filter-app:x]\nuse = cache_nodes\nnext = app\n", "use = cache_nodes"),
        "in a composite that is not Glance's": (
            "[composite:x]\nuse = egg:x\nb = context cache_nodes app\n",
            "b = context cache_nodes app",
        ),
        "in a pipeline that cannot be loaded": (
            "[pipeline:x]\npipeline = context cache_nodes no-app\n",
            "pipeline = context cache_nodes no-app",
        ),
    }.values(),
)
def test_remove_leaves_no_name_that_paste_cannot_load(more: str, line: str) -> None:
    with pytest.raises(ByHandError, match="named where this command does not put it") as caught:
        remove(f"{HEAD}a = context cache_nodes app\n{more}{REST}{OWN}")
    (told,) = caught.value.lines
    assert told.startswith("line ")
    assert line in told


def test_remove_takes_out_what_several_pipelines_fill_in() -> None:
    text = f"[DEFAULT]\nf = context cache_nodes\n{HEAD}a = %(f)s app\nb = %(f)s cache app\n{REST}"
    assert remove(f"{text}\n{OWN}") == text.replace("context cache_nodes", "context")


def test_a_flavor_may_have_a_name_that_begins_like_a_word_of_paste() -> None:
    assert "users = context cache_nodes app" in insert(f"{HEAD}users = context app\n{REST}")


def test_a_filter_of_a_package_that_is_not_installed_keeps_its_name() -> None:
    theirs = "[filter:theirs]\nuse = egg:their-package#filter\nrequire = their-package\n"
    text = f"{HEAD}a = egg:other#one context theirs cache app\n{REST}{theirs}"
    assert "egg:other#one context theirs cache_nodes cache app" in insert(text)
