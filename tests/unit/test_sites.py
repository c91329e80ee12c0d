# SPDX-License-Identifier: Apache-2.0
"""The sites file: what it says of nodes, what is wrong in one, and that a change counts."""

from __future__ import annotations

import pytest

from glance_cache_nodes.exception import SitesError, UnknownSiteError
from glance_cache_nodes.sites import Sites, SitesFile

TEXT = """
edge1:
  nodes: ["http://edge1-*:9292", "https://edge1.example.org/image"]
  near: [edge2, central]
  no_place: ["http://edge1-c:9292"]
edge2: {nodes: ["http://edge2-a:9292", "http://edge1-z:9292"]}
central: {nodes: ["http://central:9292/"]}
"""
SITES = Sites.parse(TEXT)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("http://edge1-a:9292", "edge1"),
        ("http://edge1-a-7:9292/", "edge1"),
        ("HTTP://Edge1-A:9292", "edge1"),
        ("http://edge1-:9292", "edge1"),
        ("http://edge1-z:9292", "edge1"),  # the first site that matches
        ("https://edge1.example.org/image/", "edge1"),
        ("http://edge2-a:9292", "edge2"),
        ("http://central:9292", "central"),
    ],
)
def test_the_site_of_a_node(url: str, site: str) -> None:
    assert SITES.site_of(url) == site
    assert SITES.has(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://edge1-a.example.org:9292",
        "http://edge1-a@evil:9292",
        "http://edge1-a:9292@evil",
        "http://edge1-a/:9292",
        "http://edge1-a?:9292",
        "http://edge1-a_b:9292",
        "http://edge1-\u00e4:9292",
        "http://edge1-a:9292\n",
        "http://edge1-a:9292/other",
        "https://edge1-a:9292",
        "http://edge1-a:92920",
        "http://xedge1-a:9292",
        "http://edge1.example.org/image",
        "https://edge1.example.org/IMAGE",
        "https://edge1xexample.org/image",
        "",
    ],
)
def test_a_node_that_no_site_names_is_a_site_of_its_own(url: str) -> None:
    assert SITES.site_of(url) == url
    assert not SITES.has(url)


def test_nearest_first() -> None:
    far, other = "http://a-far:9292", "http://z-far:9292"
    urls = [other, "http://central:9292", "http://edge2-a:9292", far, "http://edge1-b:9292"]
    own, near, middle = "http://edge1-b:9292", "http://edge2-a:9292", "http://central:9292"
    assert SITES.nearest_first("edge1", urls) == [own, near, middle, far, other]
    assert SITES.nearest_first("central", urls) == [middle, far, own, near, other]
    assert SITES.near("edge1") == ("edge2", "central")
    assert SITES.near("central") == ()


@pytest.mark.parametrize("ask", [SITES.near, SITES.require, lambda s: SITES.nearest_first(s, [])])
def test_an_unknown_site_is_told_with_those_that_there_are(ask) -> None:
    with pytest.raises(UnknownSiteError, match=r"'edge3'.* edge1, edge2, central"):
        ask("edge3")


def test_a_message_has_no_more_names_than_fit() -> None:
    many = Sites.parse(
        "\n".join(f"s{number}: {{nodes: [http://n{number}]}}" for number in range(50))
    )
    with pytest.raises(UnknownSiteError) as caught:
        many.require("x" * 8000)
    assert str(caught.value).endswith("s18, s19 and 30 more.")
    assert len(str(caught.value)) < 300


def test_placing() -> None:
    assert not SITES.may_place("http://edge1-c:9292/")
    assert SITES.may_place("http://edge1-a:9292")


def test_the_nodes_that_are_named_in_full() -> None:
    assert SITES.nodes_named() == (
        "https://edge1.example.org/image",
        "http://edge2-a:9292",
        "http://edge1-z:9292",
        "http://central:9292",
    )


WRONG = {
    "no YAML": ("a: [", "no YAML in line"),
    "a tab": ("a:\n\tb", "no YAML in line 2"),
    "an object of Python": ("!!python/object:os.system {}", "no YAML"),
    "a NUL": ("a: \0", "no YAML"),
    "a list as name": ("? [a]\n: b", "no YAML"),
    "two documents": ("a: b\n---\na: b", "no YAML"),
    "an alias of itself": ("a: &a {nodes: [*a]}", "nodes needs a list of strings"),
    "nothing": ("", "needs a mapping of site names"),
    "no sites": ("{}", "needs a mapping of site names"),
    "a list": ("[a]", "needs a mapping of site names"),
    "a site twice": ("a: {nodes: [http://b]}\na: {nodes: [http://c]}", "'a' stands there twice"),
    "a key twice": ("a: {nodes: [http://b], nodes: [http://c]}", "'nodes' stands there twice"),
    "a number as name": ("1: {nodes: [http://b]}", "name must be a string; write it in quotes"),
    "a URL as name": ("http://b: {nodes: [http://b]}", "no '://'"),
    "a site of text": ("a: b", "'a' needs a mapping with the keys nodes, near, no_place"),
    "an unknown key": ("a: {nodez: [http://b]}", "no key 'nodez', only nodes, near, no_place"),
    "no nodes": ("a: {}", "needs the key nodes"),
    "an empty list": ("a: {nodes: []}", "at least one URL"),
    "nodes as text": ("a: {nodes: http://b}", "nodes needs a list of strings"),
    "nodes of numbers": ("a: {nodes: [1]}", "nodes needs a list of strings"),
    "null": ("a: {nodes: [http://b], near: null}", "near needs a list of strings"),
    "a host alone": ("a: {nodes: ['b:9292']}", "'b:9292', which is no URL of a node"),
    "another scheme": ("a: {nodes: ['file:///b']}", "no URL of a node"),
    "a star as port": ("a: {nodes: ['http://b:*']}", "only stand in its host"),
    "a star in the path": ("a: {nodes: ['http://b/*']}", "only stand in its host"),
    "a star as scheme": ("a: {nodes: ['*://b']}", "only stand in its host"),
    "a password": ("a: {nodes: ['http://u:p@b']}", "no URL of a node"),
    "a query": ("a: {nodes: ['http://b?c']}", "no URL of a node"),
    "a newline": ('a: {nodes: ["http://b\\n"]}', "no URL of a node"),
    "an unknown near": ("a: {nodes: [http://b], near: [c]}", "near names 'c', and there is no"),
    "no_place elsewhere": ("a: {nodes: [http://b], no_place: [http://c]}", "no_place names http"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told(text: str, words: str) -> None:
    with pytest.raises(SitesError) as caught:
        Sites.parse(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_addresses_and_stars_within_labels() -> None:
    sites = Sites.parse("a: {nodes: ['http://[::1]:9292', 'http://10.0.*.1', 'http://n*.x.org.']}")
    assert sites.has("http://[::1]:9292")
    assert sites.has("http://10.0.7.1/")
    assert not sites.has("http://10.0.7.7.1")
    assert sites.has("http://n12.x.org.")


def test_no_file_means_no_sites_and_any_registered_node() -> None:
    none = SitesFile(None)
    assert none.current() is None
    assert none.sites_of(["http://a"]) == {"http://a": "http://a"}
    assert none.permission()("http://a")


def test_a_change_counts_and_the_last_good_file_is_kept(tmp_path, caplog) -> None:
    path = tmp_path / "sites.yaml"
    file = SitesFile(str(path))
    assert file.current() is None
    assert not file.permission()("http://edge1-a:9292")
    assert len(caplog.records) == 1
    assert "No such file or directory; there are no sites" in caplog.text

    path.write_text(TEXT)
    assert file.current().names == ("edge1", "edge2", "central")
    assert file.sites_of(["http://edge1-a:9292"]) == {"http://edge1-a:9292": "edge1"}
    assert file.permission()("http://edge1-a:9292")
    assert not file.permission()("http://elsewhere:9292")
    assert file.current() is file.current()

    path.write_text("edge1: [")
    assert file.current().names == ("edge1", "edge2", "central")
    assert file.current().names == ("edge1", "edge2", "central")
    assert len(caplog.records) == 2
    assert "the last one that could be read applies" in caplog.text

    path.unlink()
    assert file.permission()("http://edge1-a:9292")
    assert file.current()
    assert len(caplog.records) == 3

    path.write_bytes(b"\xff")
    assert file.current()
    assert len(caplog.records) == 4

    replaced = tmp_path / "new.yaml"
    replaced.write_text("other: {nodes: [http://b]}")
    replaced.replace(path)
    assert file.current().names == ("other",)
