# SPDX-License-Identifier: Apache-2.0
"""The edit of a paste file: right for paste, nothing else touched, and undone without a trace."""

from __future__ import annotations

import configparser
import difflib
import io

import pytest
from paste.deploy import loadwsgi

from glance_cache_nodes.api import filter as server_filter
from glance_cache_nodes.paste_config import insert, pipelines, remove
from paste_samples import FACTORIES, SHIPPED, grown, written

WRITTEN = written()
SEEDS = range(300)
CONTEXTS = {"context", "unauthenticated-context", "ctx", "ctx2", "anon", "who"}
CACHES = ("cache", "store", "cachemanage")
every_sample = pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())


def parser_of(text: str) -> configparser.ConfigParser:
    """Return paste's kind of parser with the text in it, read as paste reads a file."""
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read_file(io.StringIO(text, newline=None))
    return parser


def parsed(text: str) -> dict[str, dict[str, str]]:
    """Return the sections; of every value the words, since blanks between them do not count."""
    parser = parser_of(text)
    return {
        title: {key: " ".join(value.split()) for key, value in parser.items(title)}
        for title in parser.sections()
    }


def expected(text: str) -> dict[str, dict[str, str]]:
    """Return what the parser must make of the edited text: an edit of values, not of lines."""
    sections = parsed(text)
    for title, options in sections.items():
        for key, value in options.items():
            if title.startswith(("composit", "pipeline:")):
                options[key] = with_filter(value.split())
    own = {"use": "egg:glance-cache-nodes#cache_nodes"}
    return {**sections, "filter:cache_nodes": {**parser_of(text).defaults(), **own}}


def with_filter(words: list[str]) -> str:
    """Return the words with the filter as late as it may stand; as they are without a context."""
    contexts = [place for place, word in enumerate(words) if word in CONTEXTS]
    if contexts:
        caches = [words.index(word) for word in CACHES if word in words[:-1]]
        words.insert(next(iter(caches), len(words) - 1), "cache_nodes")
    return " ".join(words)


def faults(text: str) -> dict[str, str]:
    """Return why the filter is not in its place, by pipeline."""
    return {each.label: each.fault for each in pipelines(text) if each.fault}


def check(text: str) -> None:
    """Check all that an edit promises."""
    edited = insert(text)
    assert parsed(edited) == expected(text)
    assert insert(edited) == edited
    assert remove(edited) == text
    assert remove(text) == text
    assert all("no filter in it is known" in each for each in faults(edited).values())
    assert faults(edited).keys() < faults(text).keys()


@every_sample
def test_the_edit_is_what_paste_needs_and_leaves_no_trace(text: str) -> None:
    check(text)


@pytest.mark.parametrize("seed", SEEDS)
def test_so_it_is_for_files_put_together_by_chance(seed: int) -> None:
    check(grown(seed))


@every_sample
def test_no_line_changes_but_the_pipelines(text: str) -> None:
    edited = insert(text)
    old, new = (list(io.StringIO(one, newline="")) for one in (text, edited))
    if not text.endswith(("\n", "\r")):
        old[-1] += "\r\n" if "\r\n" in text else "\n"
        new[-1] += "\r\n" if "\r\n" in text else "\n"
    changes = [line for line in difflib.ndiff(old, new) if line[0] in "-+"]
    gone = [line[2:] for line in changes if line[0] == "-"]
    come = [line[2:] for line in changes if line[0] == "+"]
    assert len(gone) == len(pipelines(text)) - len(faults(edited))
    assert len(come) == len(gone) + 3
    assert [line.replace("cache_nodes ", "", 1) for line in come if "cache_nodes " in line] == gone


def test_the_shipped_file_names_its_six_flavors() -> None:
    found = pipelines(insert(SHIPPED.read_text()))
    assert not any(each.fault or each.unseen for each in found)
    assert [each.label for each in found] == [
        "[composite:api] default",
        "[composite:api] caching",
        "[composite:api] cachemanagement",
        "[composite:api] keystone",
        "[composite:api] keystone+caching",
        "[composite:api] keystone+cachemanagement",
    ]


def test_paste_itself_loads_every_pipeline_of_the_shipped_file(tmp_path) -> None:
    file = tmp_path / "glance-api-paste.ini"
    file.write_text(insert(SHIPPED.read_text()))
    loader = loadwsgi.ConfigLoader(str(file))
    flavors = loader.app_context("api").local_conf
    assert len(flavors) == 6
    for flavor in flavors.values():
        *filters, app = flavor.split()
        loaded = [loader.filter_context(name).object for name in filters]
        place = loaded.index(server_filter.filter_factory)
        assert CONTEXTS & {*filters[:place]}
        assert filters[place + 1 :] in ([], ["cache"], ["cache", "cachemanage"])
        assert loader.app_context(app).object


def test_half_an_edit_is_completed() -> None:
    whole = insert(SHIPPED.read_text())
    half = whole.replace("authtoken context cache_nodes rootapp", "authtoken context rootapp")
    assert half != whole
    assert insert(half) == whole


def test_a_section_without_the_words_gets_the_words() -> None:
    text = SHIPPED.read_text()
    section = "\n[filter:cache_nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n"
    assert insert(text + section) == insert(text)


@pytest.mark.parametrize(
    ("by_hand", "left"),
    [
        ("p = context cache_nodes app", "p = context app"),
        ("p = context\tcache_nodes\tapp", "p = context\tapp"),
        ("p =\n  context\n  cache_nodes\n  app", "p =\n  context\n  app"),
        ("p=cache_nodes context app", "p=context app"),
        ("p = context cache_nodes cache_nodes app", "p = context app"),
        ("p = context\n  cache_nodes context app", "p = context\n  context app"),
    ],
)
def test_remove_takes_out_what_was_put_in_by_hand(by_hand: str, left: str) -> None:
    head = "[composite:api]\npaste.composite_factory = glance.api:pipeline_factory\n"
    app = "[app:app]\npaste.app_factory = glance.api.versions:create_resource\n"
    tail = f"\n{app}[filter:context]\npaste.filter_factory = {FACTORIES['context']}\n"
    factory = "glance_cache_nodes.api.filter:filter_factory"
    own = f"[filter:cache_nodes]\npaste.filter_factory = {factory}\n"
    assert remove(f"{head}{by_hand}{tail}{own}") == f"{head}{left}{tail}"
