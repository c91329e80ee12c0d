# SPDX-License-Identifier: Apache-2.0
"""Where the filter comes to stand: behind the context, as late as it may, in paste's own eyes."""

from __future__ import annotations

import pytest
from paste_order import orders

from glance_cache_nodes.exception import ByHandError, UserError
from glance_cache_nodes.paste_config import insert, pipelines, remove
from glance_cache_nodes.paste_config.filters import CACHE_FILL, WITH_FILL
from paste_samples import FACTORIES, SHIPPED

HEAD = "[composite:api]\npaste.composite_factory = glance.api:pipeline_factory\n"
FILTERS = "".join(
    f"[filter:{name}]\npaste.filter_factory = {target}\n" for name, target in FACTORIES.items()
)
APPS = "".join(
    f"[app:{name}]\npaste.app_factory = glance.api.versions:create_resource\n"
    for name in ("app", "cache", "cache_nodes")
)
REST = f"{APPS}{FILTERS}"
SECTION = "[filter:cache_nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n"

# The pipeline, and what becomes of it.
PLACES = {
    "before the cache": ("context audit cache app", "context audit cache_nodes cache app"),
    "before the app": ("authtoken context audit app", "authtoken context audit cache_nodes app"),
    "no cache, but its management": (
        "context audit cachemanage app",
        "context audit cache_nodes cachemanage app",
    ),
    "the management first": (
        "context cachemanage cache app",
        "context cachemanage cache_nodes cache app",
    ),
    "two contexts": (
        "unauthenticated-context context audit cache app",
        "unauthenticated-context context audit cache_nodes cache app",
    ),
    "two caches": ("context cache cache app", "context cache_nodes cache cache app"),
    "an app named cache": ("context audit cache", "context audit cache_nodes cache"),
    "tabs": ("context\taudit\tcache\tapp", "context\taudit\tcache_nodes cache\tapp"),
    "lines": (
        "\n  context\n\n# a comment\n  audit\n\t; cache\n\tcache\n  app",
        "\n  context\n\n# a comment\n  audit\n\t; cache\n\tcache_nodes cache\n  app",
    ),
    "filled in, the context": ("%(front)s audit app", "%(front)s audit cache_nodes app"),
    "filled in, the cache": ("context audit %(back)s", "context audit cache_nodes %(back)s"),
    "filled in, nothing": ("context %(none)s app", "context %(none)s cache_nodes app"),
    "filled in, with a blank": ("%(the front)s app", "%(the front)s cache_nodes app"),
}
DEFAULT = "[DEFAULT]\nfront = authtoken context\nback = cache app\nnone =\nthe front = context\n"

# What an earlier version, or a person, put elsewhere between the context and the cache.
MOVED = {
    "directly behind the context": "context cache_nodes audit cache app",
    "behind the context, no cache": "context cache_nodes audit app",
    "behind the management": "context audit cachemanage cache_nodes app",
    "before the management": "context audit cache_nodes cachemanage cache app",
    "on a line of its own": "context\n  cache_nodes\n  audit cache app",
    "at the end of a line": "context cache_nodes\n  audit\n  cache app",
    "in a line of its own, tabs": "context\n\tcache_nodes\n\taudit\n\tcache\n\tapp",
    "before the context": "cache_nodes context audit cache app",
    "behind the cache": "context audit cache cache_nodes app",
    "twice": "context cache_nodes cache_nodes audit cache app",
    "between, and in its place": "context cache_nodes audit cache_nodes cache app",
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES.keys())
def test_the_filter_stands_as_late_as_it_may(before: str, after: str, tmp_path) -> None:
    text = f"{DEFAULT}{HEAD}k = {before}\n{REST}"
    edited = insert(text)
    assert f"\nk = {after}\n" in edited
    assert insert(edited) == edited
    assert remove(edited) == text
    order = orders(edited, tmp_path, "api")["k"]
    place = order.index("cache_nodes")
    assert "CacheFilter" not in order[:place]
    assert order[place + 1] in ("CacheFilter", "CacheManageFilter", "application")


@pytest.mark.parametrize("by_hand", MOVED.values(), ids=MOVED.keys())
def test_a_filter_that_stands_elsewhere_is_moved(by_hand: str) -> None:
    text = f"{HEAD}k = {by_hand}\n{REST}{SECTION}"
    never = remove(text)
    assert "cache_nodes " not in never.replace("cache_nodes]", "")
    moved = insert(text)
    assert moved.partition("[app:app]")[0] == insert(never).partition("[app:app]")[0]
    assert insert(moved) == moved
    assert remove(moved) == never


def test_what_stands_between_context_and_cache_sees_our_requests(tmp_path) -> None:
    text = f"{HEAD}a = authtoken context audit cache cachemanage app\nb = context audit app\n{REST}"
    found = orders(insert(text), tmp_path, "api")
    assert found["a"][-5:] == [
        "filter_factory",
        "cache_nodes",
        "CacheFilter",
        "CacheManageFilter",
        "application",
    ]
    assert found["b"] == ["ContextMiddleware", "filter_factory", "cache_nodes", "application"]


SPELLINGS = {
    "egg": "use = egg:glance-cache-nodes#cache_nodes",
    "egg in capitals": "use = EGG:Glance.Cache_Nodes#cache_nodes",
    "call": "use = call:glance_cache_nodes.api.filter:filter_factory",
    "factory": "paste.filter_factory = glance_cache_nodes.api.filter : filter_factory",
}


@pytest.mark.parametrize("own", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_our_filter_is_known_however_paste_loads_it(own: str, tmp_path) -> None:
    text = f"{HEAD}k = context cache app\n{REST}[filter: cache_nodes]\n{own}\n"
    edited = insert(text)
    assert edited == text.replace("context cache app", "context cache_nodes cache app")
    order = orders(edited, tmp_path, "api")["k"]
    assert order == ["ContextMiddleware", "cache_nodes", "CacheFilter", "application"]


FLAVORS = {
    "call": "[composite:api]\nuse = call:glance.api:pipeline_factory\n",
    "composit": "[composit:api]\npaste.composit_factory = glance.api:pipeline_factory\n",
    "app": "[app: api]\npaste.composite_factory = glance.api : pipeline_factory\n",
    "through another": (
        "[composite:base]\npaste.composite_factory = glance.api:pipeline_factory\n"
        "[composite:api]\nuse = base\n"
    ),
}


@pytest.mark.parametrize("head", FLAVORS.values(), ids=FLAVORS.keys())
def test_flavors_are_known_however_paste_loads_them(head: str) -> None:
    text = f"{head}k = context app\n{REST}"
    assert "\nk = context cache_nodes app\n" in insert(text)
    assert not any(each.fault for each in pipelines(insert(text)))


CHAINS = {
    "the context in the inner one": (
        f"{HEAD}k = audit rest\n[pipeline:rest]\npipeline = context app\n",
        f"{HEAD}k = audit rest\n[pipeline:rest]\npipeline = context cache_nodes app\n",
    ),
    "the cache in the inner one": (
        f"{HEAD}k = context audit rest\n[pipeline:rest]\npipeline = unauthenticated-context app\n",
        f"{HEAD}k = context audit rest\n"
        "[pipeline:rest]\npipeline = unauthenticated-context cache_nodes app\n",
    ),
    "the cache in a filter-app": (
        f"{HEAD}k = context cached\n[filter-app:cached]\nuse = cache\nnext = app\n",
        f"{HEAD}k = context cache_nodes cached\n[filter-app:cached]\nuse = cache\nnext = app\n",
    ),
    "the context by filter-with": (
        f"{HEAD}filter-with = context\nk = audit app\n",
        f"{HEAD}filter-with = context\nk = audit cache_nodes app\n",
    ),
    "the cache by filter-with": (
        f"{HEAD}k = context cached\n[app:cached]\nuse = app\nfilter-with = cache\n",
        f"{HEAD}k = context cache_nodes cached\n[app:cached]\nuse = app\nfilter-with = cache\n",
    ),
    "the context around a filter": (
        f"{HEAD}k = both app\n[filter:both]\nuse = audit\nfilter-with = context\n",
        f"{HEAD}k = both cache_nodes app\n[filter:both]\nuse = audit\nfilter-with = context\n",
    ),
}


@pytest.mark.parametrize("case", CHAINS)
def test_a_chain_may_go_on_in_other_sections(case: str, tmp_path) -> None:
    before, after = CHAINS[case]
    text = f"{before}{REST}"
    edited = insert(text)
    assert edited.startswith(after)
    assert insert(edited) == edited
    assert not any(each.fault for each in pipelines(edited))
    assert remove(edited) == text
    for order in orders(edited, tmp_path, "api").values():
        place = order.index("cache_nodes")
        assert "ContextMiddleware" in order[:place]
        assert "CacheFilter" not in order[:place]
        assert order.count("cache_nodes") == 1


# The place is in a pipeline that has no context of its own, or comes out of a text of others.
BY_HAND = {
    "the rest in a pipeline": "k = context rest\n[pipeline:rest]\npipeline = audit cache app\n",
    "before such a rest": "k = context cache_nodes rest\n[pipeline:rest]\npipeline = audit app\n",
    "a filter-app": "k = audit app\n[filter-app:m]\nuse = context\nnext = rest\n"
    "[pipeline:rest]\npipeline = cache app\n",
    "a circle": "k = context a\n[pipeline:a]\npipeline = audit a\n",
}


@pytest.mark.parametrize("case", BY_HAND)
def test_where_the_change_cannot_be_proved_the_place_is_told(case: str) -> None:
    own = SECTION if "cache_nodes" in BY_HAND[case] else ""
    with pytest.raises(ByHandError, match="no pipeline has a place for cache_nodes") as caught:
        insert(f"{HEAD}{BY_HAND[case]}{REST}{own}")
    told = "\n".join(caught.value.lines)
    assert "place is directly before" in told or "it leads back to itself" in told
    assert ("at the end: [filter:cache_nodes]" in told) == (not own)


def test_a_pipeline_whose_filter_cannot_be_moved_stays_as_it_is() -> None:
    rest = "[pipeline:rest]\npipeline = audit app\n"
    text = f"{HEAD}k = context cache_nodes rest\nm = context audit app\n{rest}{REST}{SECTION}"
    edited = insert(text)
    assert edited == text.replace("m = context audit app", "m = context audit cache_nodes app")
    faults = {each.label: each.fault for each in pipelines(edited) if each.fault}
    assert "cache_nodes stands elsewhere" in faults["[composite:api] k"]


def test_a_cache_of_another_class_in_front_of_the_context_is_not_glances() -> None:
    other = "[filter:cache]\npaste.filter_factory = site.tokens:Cache.factory\n"
    filters = FILTERS.replace(f"[filter:cache]\npaste.filter_factory = {FACTORIES['cache']}\n", "")
    text = f"{HEAD}a = cache context app\nb = context cache app\n{APPS}{filters}{other}"
    assert "a = cache context cache_nodes app\nb = context cache_nodes cache app\n" in insert(text)


def test_a_part_that_others_fill_in_stays_as_it_is() -> None:
    text = f"{HEAD}base = authtoken context\nk = %(base)s audit app\n{REST}"
    edited = insert(text)
    assert "base = authtoken context\nk = %(base)s audit cache_nodes app\n" in edited
    assert [each.label for each in pipelines(edited) if each.fault] == ["[composite:api] base"]


def test_upper_case_makes_another_name(tmp_path) -> None:
    text = f"{HEAD}k = Context cache app\n{REST}[filter:Context]\nuse = context\n"
    edited = insert(text)
    assert "k = Context cache_nodes cache app" in edited
    assert orders(edited, tmp_path, "api")["k"][0] == "ContextMiddleware"
    with pytest.raises(UserError, match="no pipeline has a place for cache_nodes"):
        insert(f"{HEAD}k = CONTEXT app\n{REST}")


def test_the_fill_stands_directly_behind_each_cache() -> None:
    text = SHIPPED.read_text()
    both = insert(text, WITH_FILL)
    assert " authtoken context cache_nodes cache cache_fill rootapp\n" in both
    assert " authtoken context cache_nodes cache cache_fill cachemanage rootapp\n" in both
    assert both.count("cache_fill ") == 4
    assert insert(both, WITH_FILL) == insert(both) == both
    assert remove(both) == text
    assert remove(both, (CACHE_FILL,)) == insert(text)
    moved = both.replace("cache cache_fill cachemanage", "cache cachemanage cache_fill")
    assert insert(moved, WITH_FILL) == both
    before = both.replace("cache cache_fill cachemanage", "cache_fill cache cachemanage")
    assert insert(before, WITH_FILL) == both


def test_a_pipeline_without_a_cache_needs_no_fill_and_a_file_without_any_is_refused() -> None:
    text = f"{HEAD}a = context cache app\nb = context app\n{REST}"
    edited = insert(text, WITH_FILL)
    assert "b = context cache_nodes app\n" in edited
    assert not any(each.fault for each in pipelines(edited, WITH_FILL))
    assert "cache_fill is missing" in pipelines(insert(text), WITH_FILL)[0].fault
    with pytest.raises(UserError, match="no pipeline has a place for cache_fill"):
        insert(f"{HEAD}b = context app\n{REST}", WITH_FILL)


def test_a_pipeline_without_a_word_at_the_place_of_the_fill_gets_the_first_filter() -> None:
    back = "[DEFAULT]\nback = cache app\n"
    text = f"{back}{HEAD}a = context cache app\nb = context %(back)s\n{REST}"
    edited = insert(text, WITH_FILL)
    assert (
        "a = context cache_nodes cache cache_fill app\nb = context cache_nodes %(back)s" in edited
    )
    good, other = pipelines(edited, WITH_FILL)
    assert not good.fault
    assert other.fault == "cache_fill is missing; its place is directly before app"
    assert insert(edited, WITH_FILL) == edited
